import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A file of the checkout, by its path from the root. */
export function inCheckout(path: string): string {
  return fileURLToPath(new URL(`../../../${path}`, import.meta.url));
}

/** A process of the build, with what it says. It never outlives this process. */
export class Child {
  private readonly process: ChildProcess;
  private readonly watchers = new Set<() => void>();
  private said = '';
  private complained = '';
  private over = false;

  /**
   * @param environment added to PATH and HOME, and to nothing else of ours, so that a shell's settings do not leak in.
   * @param keptLogBytes how much of the end of its log is kept
   */
  constructor(
    program: string,
    parameters: readonly string[] = [],
    environment: Readonly<Record<string, string>> = {},
    keptLogBytes = 20_000,
  ) {
    const { PATH = '', HOME = '' } = process.env;
    this.process = spawn(process.execPath, [inCheckout(program), ...parameters], {
      env: { PATH, HOME, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const killWithUs = () => this.process.kill('SIGKILL');
    process.once('exit', killWithUs);
    this.process.once('exit', () => {
      this.over = true;
      process.off('exit', killWithUs);
      this.changed();
    });
    this.process.stdout?.on('data', (text: Buffer) => {
      this.said += text.toString();
      this.changed();
    });
    this.process.stderr?.on('data', (text: Buffer) => {
      this.complained += text.toString();
      if (this.complained.length > keptLogBytes) this.complained = this.complained.slice(-keptLogBytes);
    });
  }

  get pid(): number {
    if (this.process.pid === undefined) throw new Error('The process could not be started.');
    return this.process.pid;
  }

  get stdout(): string {
    return this.said;
  }

  get stderr(): string {
    return this.complained;
  }

  get hasEnded(): boolean {
    return this.over;
  }

  /** What it said so far, for the message of an error. */
  log(): string {
    return `It said:\n${this.said.slice(-4000)}\n${this.complained.slice(-16_000)}`;
  }

  /**
   * The first match in its output.
   * @throws Error when it ends without saying such a thing.
   */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.said);
      if (match) return match;
      if (this.over) throw new Error(`${this.process.spawnargs[1]} ended without saying ${pattern}. ${this.log()}`);
      await new Promise<void>((resolve) => this.watchers.add(resolve));
    }
  }

  /** Signals it and waits for its end; the exit code is null where a signal ended it. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.over) return this.process.exitCode;
    const ended = once(this.process, 'exit');
    this.process.kill(signal);
    await ended;
    return this.process.exitCode;
  }

  private changed(): void {
    for (const watcher of this.watchers) watcher();
    this.watchers.clear();
  }
}
