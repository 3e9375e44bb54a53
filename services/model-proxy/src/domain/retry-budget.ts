const windowMs = 30_000;

/**
 * How many calls may be sent beyond those that clients offered: of the last minute's, at most a tenth, or the first few.
 * Without it, a provider in trouble is sent several times its load just when it can serve the least.
 */
export class RetryBudget {
  private current = { offered: 0, taken: 0 };
  private before = { offered: 0, taken: 0 };
  private startedAt: number;

  constructor(
    private readonly share = 0.1,
    private readonly atLeast = 20,
    private readonly now: () => number = Date.now,
  ) {
    this.startedAt = now();
  }

  /** A client made a call. */
  offered(): void {
    this.turn();
    this.current.offered += 1;
  }

  /** Whether one more attempt may be made. */
  take(): boolean {
    this.turn();
    const { current, before } = this;
    const allowed = Math.max(this.atLeast, this.share * (current.offered + before.offered));
    if (current.taken + before.taken >= allowed) return false;
    current.taken += 1;
    return true;
  }

  private turn(): void {
    const age = this.now() - this.startedAt;
    if (age < windowMs) return;
    this.before = age < 2 * windowMs ? this.current : { offered: 0, taken: 0 };
    this.current = { offered: 0, taken: 0 };
    this.startedAt = this.now();
  }
}
