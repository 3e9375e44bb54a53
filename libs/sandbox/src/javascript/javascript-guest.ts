import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Guest, GuestCall, GuestLimits, GuestReply } from '../guest.js';

/** Room for the engine that runs the interpreter; what the code takes is counted elsewhere, in linear memory. */
const engineMegabytes = 64;

/** A thread with QuickJS in it, which runs every call in an interpreter of its own. */
export class JavaScriptGuest implements Guest {
  private readonly gone: Promise<never>;

  private constructor(private readonly worker: Worker) {
    this.gone = once(worker, 'exit').then(() => Promise.reject(new Error('The thread has ended.')));
    // Heard by whoever runs a call; an idle thread may end unheard.
    this.gone.catch(() => undefined);
    worker.on('error', () => undefined);
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
    await guest.message();
    return guest;
  }

  async run(call: GuestCall): Promise<GuestReply> {
    this.worker.postMessage(call);
    return (await this.message()) as GuestReply;
  }

  async kill(): Promise<void> {
    await this.worker.terminate();
  }

  private async message(): Promise<unknown> {
    const heard = new AbortController();
    try {
      const message = once(this.worker, 'message', { signal: heard.signal }) as Promise<unknown[]>;
      return (await Promise.race([message, this.gone]))[0];
    } finally {
      heard.abort();
    }
  }
}
