import type { Scheduler } from './scheduler.js';

/** How many lines are kept to be shown with a violation. */
const keptLines = 40;

/** What happened, line by line. Two simulations that tell the same have the same digest. */
export class Trace {
  private readonly kept: string[] = [];
  private hash = 0x811c9dc5;

  /** @param onLine hears every line; without it only the last ones are kept */
  constructor(
    private readonly scheduler: Scheduler,
    private readonly onLine?: (line: string) => void,
  ) {}

  note(what: string): void {
    const seconds = (this.scheduler.elapsedMs / 1000).toFixed(3);
    const line = `#${this.scheduler.steps} ${seconds}s ${what}`;
    for (let index = 0; index < line.length; index++) {
      this.hash = Math.imul(this.hash ^ line.charCodeAt(index), 0x01000193);
    }
    this.kept.push(line);
    if (this.kept.length > 2 * keptLines) this.kept.splice(0, keptLines);
    this.onLine?.(line);
  }

  get digest(): string {
    return (this.hash >>> 0).toString(16).padStart(8, '0');
  }

  /** The last lines. */
  get tail(): readonly string[] {
    return this.kept.slice(-keptLines);
  }
}
