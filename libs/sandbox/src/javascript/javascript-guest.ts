import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { CodeGuest, GuestCall, GuestLimits, GuestReply } from '../guest.js';

/** Room for the engine that runs the interpreter; what the code takes is counted elsewhere, in linear memory. */
const engineMegabytes = 64;

/** A thread with QuickJS in it, which runs every call in an interpreter of its own. */
export class JavaScriptGuest implements CodeGuest {
  readonly gone: Promise<void>;
  /** Fulfilled when there is an interpreter that has run nothing yet. */
  private rested: Promise<boolean>;

  private constructor(private readonly worker: Worker) {
    this.gone = new Promise((resolve) => worker.once('exit', () => resolve()));
    // An error ends the thread, and its end is what is noticed.
    worker.on('error', () => undefined);
    this.rested = this.heard();
  }

  /** Resolves when an interpreter is ready. */
  static async start(limits: GuestLimits): Promise<JavaScriptGuest> {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const worker = new Worker(new URL(`./quickjs.worker.${extension}`, import.meta.url), {
      workerData: limits,
      env: {},
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: engineMegabytes },
    });
    worker.unref();
    const guest = new JavaScriptGuest(worker);
    if (!(await guest.ready())) throw new Error('The thread ended before it was ready.');
    return guest;
  }

  ready(): Promise<boolean> {
    return this.rested;
  }

  async run(call: GuestCall): Promise<GuestReply> {
    this.worker.postMessage(call);
    const reply = (await this.message()) as GuestReply;
    this.rested = this.heard();
    return reply;
  }

  async kill(): Promise<void> {
    await this.worker.terminate();
  }

  private heard(): Promise<boolean> {
    return this.message().then(
      () => true,
      () => false,
    );
  }

  private async message(): Promise<unknown> {
    const heard = new AbortController();
    try {
      const message = once(this.worker, 'message', { signal: heard.signal }) as Promise<unknown[]>;
      const death = this.gone.then(() => Promise.reject(new Error('The thread has ended.')));
      return (await Promise.race([message, death]))[0];
    } finally {
      heard.abort();
    }
  }
}
