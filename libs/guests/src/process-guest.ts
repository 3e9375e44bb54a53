import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import type { Guest } from './guest.js';
import { jailPrefix } from './jail.js';
import { LineReader } from './line-reader.js';
import { residentBytes } from './resident-bytes.js';

export interface ProcessGuestOptions<Call, Reply> {
  /** The program and its arguments. */
  readonly command: readonly [program: string, ...args: string[]];
  /** Where it starts; the root folder when absent. */
  readonly cwd?: string;
  /** What it reads from its standard input for a call. */
  readonly write: (call: Call) => readonly (string | Uint8Array)[];
  /** Reads its answer, a line; throws where it is none. */
  readonly parse: (line: string) => Reply;
  /** The longest line it may answer with, in characters. */
  readonly longestLine: number;
  /** The most memory it may hold while it works, in bytes. */
  readonly mostBytes: number;
  /** The reply in the name of a process that held more. */
  readonly tookTooMuch: Reply;
}

/** A value as a line of JSON. Some readers of lines end them where JSON does not, at characters that are escaped here. */
export function jsonLine(value: unknown): string {
  return `${JSON.stringify(value).replace(/[\u2028\u2029]/g, (end) => `\\u${end.charCodeAt(0).toString(16)}`)}\n`;
}

const watchEveryMs = 200;

/**
 * A jailed process without environment and, where the machine allows it, without network. It says a line when it is ready, and then for
 * each call one line with its answer and one when it is ready again.
 */
export class ProcessGuest<Call, Reply> implements Guest<Call, Reply> {
  readonly gone: Promise<void>;
  private readonly lines: LineReader;
  /** Fulfilled when it has put its last call behind it. */
  private rested: Promise<boolean>;
  private tookTooMuch = false;

  private constructor(
    private readonly child: ChildProcessWithoutNullStreams,
    private readonly options: ProcessGuestOptions<Call, Reply>,
  ) {
    this.gone = new Promise((resolve) => {
      child.once('close', (_code, signal) => {
        // So V8 ends where its heap is full.
        if (signal === 'SIGABRT') this.tookTooMuch = true;
        resolve();
      });
    });
    child.on('error', () => undefined);
    // A process that ends while it is written to is noticed by its end.
    child.stdin.on('error', () => undefined);
    this.lines = new LineReader(child.stdout, options.longestLine);
    this.lines.onExcess(() => this.end());
    this.rested = this.heard();
  }

  /** Resolves when the process says that it is ready. */
  static async start<Call, Reply>(options: ProcessGuestOptions<Call, Reply>): Promise<ProcessGuest<Call, Reply>> {
    const [command = '', ...args] = [...(await jailPrefix()), ...options.command];
    const child = spawn(command, args, {
      env: {},
      cwd: options.cwd ?? '/',
      stdio: ['pipe', 'pipe', 'ignore'],
      detached: true,
    });
    const guest = new ProcessGuest(child as unknown as ChildProcessWithoutNullStreams, options);
    if (!(await guest.ready())) throw new Error('The process ended before it was ready.');
    return guest;
  }

  ready(): Promise<boolean> {
    return this.rested;
  }

  async run(call: Call): Promise<Reply> {
    const watch = setInterval(() => void this.watchMemory(), watchEveryMs);
    try {
      for (const piece of this.options.write(call)) this.child.stdin.write(piece);
      const reply = this.options.parse(await this.line());
      this.rested = this.heard();
      return reply;
    } catch (error) {
      if (this.tookTooMuch) return this.options.tookTooMuch;
      throw error;
    } finally {
      clearInterval(watch);
    }
  }

  async kill(): Promise<void> {
    this.end();
    await this.gone;
  }

  /** It leads a group, so that what it has started ends with it. */
  private end(): void {
    const { pid, exitCode, signalCode } = this.child;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    process.kill(-pid, 'SIGKILL');
  }

  private heard(): Promise<boolean> {
    return this.line().then(
      () => true,
      () => false,
    );
  }

  private async line(): Promise<string> {
    const death = this.gone.then(() => Promise.reject(new Error('The process has ended.')));
    return Promise.race([this.lines.next(), death]);
  }

  /** A guest may keep itself to its memory; this is for one that does not. */
  private async watchMemory(): Promise<void> {
    if ((await residentBytes(this.child.pid ?? 0)) <= this.options.mostBytes) return;
    this.tookTooMuch = true;
    this.end();
  }
}
