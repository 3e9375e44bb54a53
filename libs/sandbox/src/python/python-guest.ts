import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { z } from 'zod';
import type { Guest, GuestCall, GuestLimits, GuestReply } from '../guest.js';
import { jailPrefix } from './jail.js';
import { LineReader } from './line-reader.js';
import { packageFile, programPath, pyodideFile, pyodideFolder } from './paths.js';
import { prelude } from './prelude.js';
import { residentBytes } from './resident-bytes.js';
import type { Snapshot } from './snapshot.js';

/** The process beside the memory its Python may take: Node, Pyodide, the snapshot and a copy of it. */
const processBytes = 512 * 1024 * 1024;
const watchEveryMs = 200;

const printed = z.string();
const replySchema: z.ZodType<GuestReply> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('returned'), json: z.string(), printed }),
  z.object({
    kind: z.literal('raised'),
    name: z.string(),
    message: z.string(),
    line: z.number().int().optional(),
    printed,
  }),
  z.object({ kind: z.literal('exceeded'), limit: z.enum(['time', 'memory', 'output']), printed }),
]);

/** A process with Pyodide in it. It may read Pyodide and nothing else, write nothing, start nothing, and has no environment and no network. */
export class PythonGuest implements Guest {
  readonly gone: Promise<void>;
  private readonly lines: LineReader;
  /** Fulfilled when memory and files are as they were before the last call. */
  private rested: Promise<boolean>;
  private tookTooMuch = false;

  private constructor(
    private readonly child: ChildProcessWithoutNullStreams,
    private readonly limits: GuestLimits,
  ) {
    this.gone = new Promise((resolve) => child.once('close', () => resolve()));
    child.on('error', () => undefined);
    // A process that ends while it is written to is noticed by its end.
    child.stdin.on('error', () => undefined);
    this.lines = new LineReader(child.stdout, 2 * limits.outputCharacters + 8 * limits.printedCharacters);
    this.lines.onExcess(() => child.kill('SIGKILL'));
    this.rested = this.heard();
  }

  /** Resolves when Python is ready. */
  static async start(limits: GuestLimits, snapshot: Snapshot): Promise<PythonGuest> {
    const readable = [programPath('pyodide.process'), packageFile, pyodideFolder, snapshot.folder];
    const options = { pyodide: pyodideFile, snapshot: snapshot.file, prelude, limits };
    const [command = process.execPath, ...args] = [
      ...(await jailPrefix()),
      process.execPath,
      '--permission',
      ...readable.map((path) => `--allow-fs-read=${path}`),
      '--disallow-code-generation-from-strings',
      '--disable-warning=SecurityWarning',
      '--max-old-space-size=128',
      programPath('pyodide.process'),
      JSON.stringify(options),
    ];
    const child = spawn(command, args, { env: {}, cwd: '/', stdio: ['pipe', 'pipe', 'ignore'] });
    const guest = new PythonGuest(child as unknown as ChildProcessWithoutNullStreams, limits);
    if (!(await guest.ready())) throw new Error('The process ended before Python was ready.');
    return guest;
  }

  ready(): Promise<boolean> {
    return this.rested;
  }

  async run(call: GuestCall): Promise<GuestReply> {
    const watch = setInterval(() => void this.watchMemory(), watchEveryMs);
    try {
      this.child.stdin.write(`${JSON.stringify(call)}\n`);
      const reply = replySchema.parse(JSON.parse(await this.line()));
      this.rested = this.heard();
      return reply;
    } catch (error) {
      if (this.tookTooMuch) return { kind: 'exceeded', limit: 'memory', printed: '' };
      throw error;
    } finally {
      clearInterval(watch);
    }
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.gone;
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

  /** Python is kept to its memory from inside; this is for whoever found a way around. */
  private async watchMemory(): Promise<void> {
    const bytes = await residentBytes(this.child.pid ?? 0);
    if (bytes <= processBytes + this.limits.memoryBytes) return;
    this.tookTooMuch = true;
    this.child.kill('SIGKILL');
  }
}
