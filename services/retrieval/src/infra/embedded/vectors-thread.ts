import { Worker } from 'node:worker_threads';
import { FailureError } from '@treadle/failure';
import type { VectorCall, VectorReply } from './vectors.worker.js';

interface Answer {
  readonly id: number;
  readonly reply?: VectorReply;
  readonly error?: string;
}

interface Waiting {
  resolve(reply: VectorReply): void;
  reject(error: Error): void;
}

/** Lets a thread that runs from source find modules by the names they have after the build. */
const sourceNames = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module';
  registerHooks({
    resolve: (name, context, next) => next(/^[.].*[.]js$/.test(name) ? name.slice(0, -2) + 'ts' : name, context),
  });
`)}`;

/** The thread that holds the vectors. It is started when it is first needed; when it dies, whoever waits is told and its blocks are gone. */
export class VectorsThread {
  private worker: Worker | undefined;
  private readonly waiting = new Map<number, Waiting>();
  private lastId = 0;

  /** @param gone told when the thread has died, and every block with it. */
  constructor(private readonly gone: () => void) {}

  ask(message: VectorCall): Promise<VectorReply> {
    const worker = (this.worker ??= this.start());
    this.lastId += 1;
    const id = this.lastId;
    const answer = new Promise<VectorReply>((resolve, reject) => this.waiting.set(id, { resolve, reject }));
    const transfer =
      message.call === 'apply'
        ? [message.page.dense.buffer, message.page.terms.buffer, message.page.weights.buffer]
        : [];
    worker.postMessage({ id, message }, transfer);
    return answer.finally(() => this.waiting.delete(id));
  }

  async close(): Promise<void> {
    const { worker } = this;
    this.worker = undefined;
    await worker?.terminate();
  }

  private start(): Worker {
    const fromSource = import.meta.url.endsWith('.ts');
    const file = new URL(`./vectors.worker.${fromSource ? 'ts' : 'js'}`, import.meta.url);
    const worker = new Worker(file, fromSource ? { execArgv: ['--import', sourceNames] } : {});
    worker.on('message', ({ id, reply, error }: Answer) => {
      const caller = this.waiting.get(id);
      if (reply) caller?.resolve(reply);
      else caller?.reject(broken(error));
    });
    worker.on('error', (error: Error) => this.fail(worker, error));
    worker.on('exit', () => this.fail(worker, undefined));
    // After its listeners, which would hold the process.
    worker.unref();
    return worker;
  }

  private fail(worker: Worker, error: Error | undefined): void {
    if (this.worker === worker) {
      this.worker = undefined;
      this.gone();
    }
    for (const caller of this.waiting.values()) caller.reject(broken(error?.message));
    this.waiting.clear();
  }
}

function broken(why = 'its thread ended'): FailureError {
  return FailureError.of('unavailable', `The embedded vector store failed: ${why}. Try again.`);
}
