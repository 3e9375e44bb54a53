import { FailureError } from '@treadle/failure';
import { GuestPool, type GuestPoolOptions } from '@treadle/guests';
import type { CodeAnswer, CodeQuestion } from '@treadle/nodes';
import { startCpython } from './cpython/cpython-guest.js';
import { checkInterpreter } from './cpython/interpreter.js';
import type { CodeGuest, GuestCall, GuestLimits, GuestReply } from './guest.js';
import { JavaScriptGuest } from './javascript/javascript-guest.js';
import { startPython } from './python/python-guest.js';
import { makeSnapshot, removeSnapshot, type Snapshot } from './python/snapshot.js';
import { toAnswer } from './to-answer.js';

/** What code was kept from. */
export interface Blocked {
  /** `refused`: it reached for what is not there. Else the limit it ran into, or `broken`: it brought its interpreter down. */
  readonly kind: 'refused' | 'time' | 'memory' | 'output' | 'broken';
  /** What was refused, such as `socket.connect` or `process`. */
  readonly what: readonly string[];
}

export type OnBlocked = (blocked: Blocked) => void;

/** Runs code that users wrote. */
export interface Sandbox {
  /**
   * Runs one call in the name of an owner, whose calls no other owner's can touch. The signal ends it. Throws `FailureError`:
   * `code_failed`, `code_timeout`, `code_memory_exceeded`, `code_output_invalid`, or the signal's reason. What the code is kept from is
   * told besides, also where the code goes on without it.
   */
  run(owner: string, question: CodeQuestion, signal: AbortSignal, onBlocked?: OnBlocked): Promise<CodeAnswer>;
  /** Starts an interpreter before anybody asks for it. */
  warm(language: CodeQuestion['language']): Promise<void>;
  /** Ends all guests. */
  close(): Promise<void>;
}

export interface CodeSandboxOptions {
  /** How long one call may take. */
  readonly timeoutSeconds: number;
  /** What one call may allocate, beside the interpreter itself. */
  readonly memoryBytes: number;
  /** The most JavaScript calls at a time. */
  readonly javascriptThreads: number;
  /** The most Python calls at a time. */
  readonly pythonProcesses: number;
  /** The path of the CPython that runs Python, with the packages it has; absent runs Python in Pyodide. CPython is no wall by itself. */
  readonly cpython?: string;
}

/** The most that a result may be long, as JSON, and what is kept of what the code printed; in characters. */
const outputCharacters = 10 * 1024 * 1024;
const printedCharacters = 64 * 1024;

/** A process with Python takes about 200 MB, which nobody should hold who does not use it. */
const pythonIdleMs = 300_000;

/** How the pools tell of guests that they had to end. */
const ends: Pick<GuestPoolOptions<GuestCall, GuestReply>, 'late' | 'isSpent'> = {
  late: { kind: 'exceeded', limit: 'time', printed: '' },
  isSpent: ({ kind }) => kind === 'exceeded',
};

/** What JavaScript gets to stop by itself before its thread is ended. */
const watchdogGraceMs = 1000;

/** The sandbox of this machine: threads with QuickJS, kept warm, and processes with Python, started when they are first needed. */
export class CodeSandbox implements Sandbox {
  private readonly pools: Readonly<Record<CodeQuestion['language'], GuestPool<GuestCall, GuestReply>>>;
  private snapshot: Promise<Snapshot> | undefined;

  constructor(private readonly options: CodeSandboxOptions) {
    const { timeoutSeconds, memoryBytes, javascriptThreads, pythonProcesses } = options;
    const timeoutMs = timeoutSeconds * 1000;
    const limits: GuestLimits = { timeoutMs, memoryBytes, outputCharacters, printedCharacters };
    const javascript = new GuestPool({
      size: javascriptThreads,
      start: () => started(JavaScriptGuest.start(limits)),
      watchdogMs: timeoutMs + watchdogGraceMs,
      ...ends,
      callsOfGuest: 10_000,
      oneOwner: false,
    });
    const python3 = new GuestPool({
      size: pythonProcesses,
      start: () => started(this.startPython(limits)),
      watchdogMs: timeoutMs,
      ...ends,
      callsOfGuest: 1000,
      oneOwner: true,
      idleMs: pythonIdleMs,
    });
    this.pools = { javascript, python3 };
  }

  /** Throws `node_configuration`, with what to do, where an interpreter that is to be used is not there. */
  async check(): Promise<void> {
    if (this.options.cpython !== undefined) await checkInterpreter(this.options.cpython);
  }

  async warm(language: CodeQuestion['language']): Promise<void> {
    await this.pools[language].warm(1);
  }

  async run(
    owner: string,
    { language, code, inputs }: CodeQuestion,
    signal: AbortSignal,
    onBlocked: OnBlocked = () => undefined,
  ): Promise<CodeAnswer> {
    const call = { code, inputsJson: JSON.stringify(inputs) };
    const reply = await this.pools[language].run(owner, call, signal).catch((error: unknown) => {
      if (signal.aborted || error instanceof FailureError) throw error;
      onBlocked({ kind: 'broken', what: [] });
      throw brokenDown(error);
    });
    if (reply.refused) onBlocked({ kind: 'refused', what: reply.refused });
    if (reply.kind === 'exceeded') onBlocked({ kind: reply.limit, what: [] });
    return toAnswer(reply, this.options);
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.pools).map((pool) => pool.close()));
    await this.snapshot?.then(removeSnapshot, () => undefined);
  }

  private startPython(limits: GuestLimits): Promise<CodeGuest> {
    const { cpython } = this.options;
    return cpython === undefined ? this.startPyodide(limits) : startCpython(limits, cpython);
  }

  /** The snapshot is made once; where that failed, the next start tries again. */
  private async startPyodide(limits: GuestLimits): Promise<CodeGuest> {
    this.snapshot ??= makeSnapshot().catch((error: unknown) => {
      this.snapshot = undefined;
      throw error;
    });
    return startPython(limits, await this.snapshot);
  }
}

/** Trouble before any code ran is no fault of the code. */
function started<T>(guest: Promise<T>): Promise<T> {
  return guest.catch((cause: unknown) => {
    const message = 'The interpreter for code nodes could not be started. The log of the executor says why.';
    throw FailureError.of('unavailable', message, {}, { cause });
  });
}

function brokenDown(cause: unknown): FailureError {
  const message = 'The code brought its interpreter down. Give it less to do at a time.';
  return FailureError.of('code_failed', message, {}, { cause });
}
