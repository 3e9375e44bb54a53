import type { Readable } from 'node:stream';

/** Lines that may lie unread: a reply and the word that the next call may come. */
const mostUnread = 2;

/** Reads lines from somebody who is not trusted: none longer than allowed, and few ahead of who reads them. */
export class LineReader {
  private waiting: ((line: string) => void) | undefined;
  private readonly unread: string[] = [];
  private pieces: string[] = [];
  private length = 0;
  private excess: () => void = () => undefined;

  constructor(
    stream: Readable,
    private readonly longest: number,
  ) {
    stream.setEncoding('utf8');
    stream.on('data', (piece: string) => this.take(piece));
  }

  /** Says what to do when a line is too long or too many come. */
  onExcess(act: () => void): void {
    this.excess = act;
  }

  /** The next line, without its end. One call at a time. */
  next(): Promise<string> {
    const line = this.unread.shift();
    if (line !== undefined) return Promise.resolve(line);
    return new Promise((resolve) => {
      this.waiting = resolve;
    });
  }

  private take(piece: string): void {
    const [rest = '', ...later] = piece.split('\n');
    this.pieces.push(rest);
    this.length += rest.length;
    if (this.length > this.longest) return this.excess();
    for (const start of later) {
      this.give(this.pieces.join(''));
      this.pieces = [start];
      this.length = start.length;
    }
  }

  private give(line: string): void {
    const { waiting } = this;
    this.waiting = undefined;
    if (waiting) waiting(line);
    else if (this.unread.push(line) > mostUnread) this.excess();
  }
}
