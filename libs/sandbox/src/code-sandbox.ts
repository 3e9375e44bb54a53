import { FailureError } from '@treadle/failure';
import type { CodeAnswer, CodeQuestion } from '@treadle/nodes';
import type { GuestCall, GuestLimits, GuestReply } from './guest.js';
import { GuestPool } from './guest-pool.js';
import { JavaScriptGuest } from './javascript/javascript-guest.js';
import { toAnswer } from './to-answer.js';

/** Runs code that users wrote. */
export interface Sandbox {
  /**
   * Runs one call in the name of an owner, whose calls no other owner's can touch. The signal ends it. Throws `FailureError`:
   * `code_failed`, `code_timeout`, `code_memory_exceeded`, `code_output_invalid`, or the signal's reason.
   */
  run(owner: string, question: CodeQuestion, signal: AbortSignal): Promise<CodeAnswer>;
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
}

/** The most that a result may be long, as JSON, and what is kept of what the code printed; in characters. */
const outputCharacters = 10 * 1024 * 1024;
const printedCharacters = 64 * 1024;

/** What a guest gets to stop by itself before it is stopped. */
const watchdogGraceMs = 1000;

/** The sandbox of this machine: an interpreter in a thread for JavaScript. */
export class CodeSandbox implements Sandbox {
  private readonly javascript: GuestPool;

  constructor(private readonly options: CodeSandboxOptions) {
    const { timeoutSeconds, memoryBytes, javascriptThreads } = options;
    const limits: GuestLimits = { timeoutMs: timeoutSeconds * 1000, memoryBytes, outputCharacters, printedCharacters };
    const watchdogMs = limits.timeoutMs + watchdogGraceMs;
    this.javascript = new GuestPool({
      size: javascriptThreads,
      start: () => JavaScriptGuest.start(limits),
      watchdogMs,
      callsOfGuest: 10_000,
      oneOwner: false,
    });
  }

  /** Starts a thread for JavaScript before anybody asks. */
  async warm(): Promise<void> {
    await this.javascript.warm(1);
  }

  async run(owner: string, { language, code, inputs }: CodeQuestion, signal: AbortSignal): Promise<CodeAnswer> {
    const reply = await this.reply(owner, language, { code, inputsJson: JSON.stringify(inputs) }, signal);
    return toAnswer(reply, this.options);
  }

  private async reply(
    owner: string,
    language: CodeQuestion['language'],
    call: GuestCall,
    signal: AbortSignal,
  ): Promise<GuestReply> {
    if (language === 'python3')
      throw FailureError.of('node_configuration', 'This executor runs no Python yet. Use JavaScript.');
    try {
      return await this.javascript.run(owner, call, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      throw FailureError.of(
        'code_failed',
        'The code brought its interpreter down. Give it less to do at a time.',
        {},
        { cause: error },
      );
    }
  }

  async close(): Promise<void> {
    await this.javascript.close();
  }
}
