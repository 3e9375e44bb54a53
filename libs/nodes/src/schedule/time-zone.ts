const dayMs = 86_400_000;

/** Turns moments into the readings of a zone's clock and back. A reading is written as the moment at which UTC's clock shows it. */
export class TimeZone {
  private constructor(private readonly format: Intl.DateTimeFormat) {}

  /** The zone of that name (`Europe/Berlin`); `undefined` when there is none. */
  static find(name: string): TimeZone | undefined {
    try {
      return new TimeZone(new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' }));
    } catch {
      return undefined;
    }
  }

  /** What its clock shows at a moment. */
  readingAt(moment: number): number {
    return moment + this.offsetAt(moment);
  }

  /** How far its clock is ahead of UTC, in milliseconds. */
  offsetAt(moment: number): number {
    const written = this.format.format(moment);
    const [, sign, hours, minutes, seconds = '0'] = /GMT([+-])(\d{2}):(\d{2})(?::(\d{2}))?$/.exec(written) ?? [];
    if (sign === undefined) return 0;
    return (sign === '-' ? -1000 : 1000) * (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds));
  }

  /** The moments at which its clock shows a reading, oldest first: one, two where it was put back, none where it was put forward. */
  momentsOf(reading: number): readonly number[] {
    const offsets = new Set([this.offsetAt(reading + dayMs), this.offsetAt(reading - dayMs)]);
    return [...offsets]
      .map((offset) => reading - offset)
      .filter((moment) => this.readingAt(moment) === reading)
      .sort((a, b) => a - b);
  }

  /** The moment at which its clock jumps over a reading that it never shows. */
  jumpOver(reading: number): number {
    let before = reading - this.offsetAt(reading + dayMs);
    let after = reading - this.offsetAt(reading - dayMs);
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      if (this.readingAt(middle) < reading) before = middle;
      else after = middle;
    }
    return after;
  }
}
