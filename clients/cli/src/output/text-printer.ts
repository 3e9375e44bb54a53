import { eraseLine, type Terminal } from './terminal.js';

/** A change of the answer text: everything from `offset` on is replaced by `text`. */
export interface TextDelta {
  readonly offset: number;
  readonly text: string;
}

/**
 * Prints a text while it is written. A delta that takes text back (a model call that was repeated) rewrites the last line where
 * that is enough; further back, the text continues on a new line from the start of the line that changed.
 */
export class TextPrinter {
  private text = '';
  /** Where in the text the line begins in which the cursor stands. */
  private lineStart = 0;

  constructor(private readonly terminal: Terminal) {}

  /** Whether the cursor stands behind text. */
  get lineIsOpen(): boolean {
    return this.text.length > this.lineStart;
  }

  add({ offset, text }: TextDelta): void {
    const kept = this.text.slice(0, offset);
    const taken = this.text.length - kept.length;
    if (taken === 0) this.write(text);
    else if (this.canRewriteFrom(offset)) this.write(`${eraseLine}${kept.slice(this.lineStart)}${text}`);
    else {
      this.write('\n');
      this.terminal.err.write(`(${taken} characters were taken back; the text goes on from there)\n`);
      this.lineStart = kept.lastIndexOf('\n') + 1;
      this.write(kept.slice(this.lineStart) + text);
    }
    this.text = kept + text;
    this.lineStart = Math.max(this.lineStart, this.text.lastIndexOf('\n') + 1);
  }

  /** Goes to a new line where text stands in this one. */
  breakLine(): void {
    if (!this.lineIsOpen) return;
    this.write('\n');
    this.lineStart = this.text.length;
  }

  private canRewriteFrom(offset: number): boolean {
    const { outIsTty, columns } = this.terminal;
    return outIsTty && offset >= this.lineStart && this.text.length - this.lineStart < columns;
  }

  private write(text: string): void {
    this.terminal.out.write(text);
  }
}
