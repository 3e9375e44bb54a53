/**
 * Reads server-sent events as far as model servers use them: the data of each event. Names, ids, comments and times to come back are passed
 * over. Written out because a parser that keeps them costs as much as all else that is done with an event here.
 */
export class EventReader {
  /** A line whose end has not come yet. */
  private rest = '';
  /** The data of the event that is being read; undefined while it has none. */
  private data: string | undefined;
  private endedInReturn = false;

  constructor(private readonly onData: (data: string) => void) {}

  /** Characters of an event that has not ended yet. */
  get pending(): number {
    return this.rest.length + (this.data?.length ?? 0);
  }

  /** Takes the next characters, torn anywhere. */
  feed(piece: string): void {
    if (piece === '') return;
    const text = this.withNewlines(piece);
    let from = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      if (this.rest === '') this.line(text, from, end);
      else this.lastOfTorn(text.slice(from, end));
      from = end + 1;
    }
    // Nothing looks into the rest before its end has come: a very long line is put together once.
    this.rest += text.slice(from);
  }

  /** Lines may end in a return, a newline or both, and both may be torn apart. */
  private withNewlines(piece: string): string {
    const text = this.endedInReturn && piece.startsWith('\n') ? piece.slice(1) : piece;
    this.endedInReturn = piece.endsWith('\r');
    return text.includes('\r') ? text.replaceAll(/\r\n?/g, '\n') : text;
  }

  private lastOfTorn(end: string): void {
    const line = this.rest + end;
    this.rest = '';
    this.line(line, 0, line.length);
  }

  /** The line of a text between two places. */
  private line(text: string, from: number, end: number): void {
    if (from === end) return this.dispatch();
    if (!text.startsWith('data', from)) return;
    const colon = from + 'data'.length;
    if (colon !== end && text[colon] !== ':') return;
    const value = text.slice(text[colon + 1] === ' ' ? colon + 2 : colon + 1, end);
    this.data = this.data === undefined ? value : `${this.data}\n${value}`;
  }

  private dispatch(): void {
    const { data } = this;
    this.data = undefined;
    if (data !== undefined) this.onData(data);
  }
}
