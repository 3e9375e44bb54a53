import type { ApiEvent } from '../api-client.js';
import { NodeProgress } from './node-progress.js';
import { eraseLine, type Terminal } from './terminal.js';
import { type TextDelta, TextPrinter } from './text-printer.js';

/**
 * Shows a run while it happens: a line per node on the error stream, the answer text on the output. On a terminal the line of
 * a running node is replaced by the line that says how it ended; elsewhere every line stays.
 */
export class RunScreen {
  private readonly progress = new NodeProgress();
  private readonly text: TextPrinter;
  /** Whether the last line on the terminal may be replaced. */
  private lineIsPassing = false;

  constructor(
    private readonly terminal: Terminal,
    private readonly showText: boolean,
  ) {
    this.text = new TextPrinter(terminal);
  }

  show(event: ApiEvent): void {
    if (event.type === 'text-delta') return this.showDelta(event.data as unknown as TextDelta);
    const line = this.progress.tell(event);
    if (line !== undefined) this.line(line, event.type === 'node-scheduled');
  }

  /** A line beside the run: about the connection, say. */
  note(line: string): void {
    this.line(line, false);
  }

  end(): void {
    this.erasePassing();
    this.text.breakLine();
  }

  private showDelta(delta: TextDelta): void {
    if (!this.showText) return;
    this.erasePassing();
    this.text.add(delta);
  }

  private line(text: string, passing: boolean): void {
    this.erasePassing();
    const { err, errIsTty, outIsTty, columns } = this.terminal;
    const separate = outIsTty && errIsTty && this.text.lineIsOpen;
    // A passing line in the middle of a text would tear it.
    if (passing && errIsTty && separate) return;
    if (separate) this.text.breakLine();
    this.lineIsPassing = passing && errIsTty;
    err.write(this.lineIsPassing ? text.slice(0, columns - 1) : `${text}\n`);
  }

  private erasePassing(): void {
    if (this.lineIsPassing) this.terminal.err.write(eraseLine);
    this.lineIsPassing = false;
  }
}
