import { Worker } from 'node:worker_threads';
import { FailureError } from '@treadle/failure';

/** The model and its runtime take about 200 MB, which nobody should hold who does not use them. */
const idleMs = 60_000;

interface Answer {
  readonly id: number;
  readonly vectors?: number[][];
  readonly error?: string;
}

interface Waiting {
  resolve(vectors: number[][]): void;
  reject(error: Error): void;
}

/** A thread that turns texts into vectors, started when it is first needed and ended when it is not. */
export class EmbeddingThread {
  private worker: Worker | undefined;
  private idle: NodeJS.Timeout | undefined;
  private readonly waiting = new Map<number, Waiting>();
  private lastId = 0;

  /** Vectors in the order of the texts. */
  async embed(texts: readonly string[]): Promise<number[][]> {
    clearTimeout(this.idle);
    const worker = (this.worker ??= this.start());
    this.lastId += 1;
    const id = this.lastId;
    const answer = new Promise<number[][]>((resolve, reject) => this.waiting.set(id, { resolve, reject }));
    worker.postMessage({ id, texts });
    try {
      return await answer;
    } finally {
      this.waiting.delete(id);
      if (this.waiting.size === 0) this.idle = setTimeout(() => void this.close(), idleMs).unref();
    }
  }

  async close(): Promise<void> {
    clearTimeout(this.idle);
    const { worker } = this;
    this.worker = undefined;
    await worker?.terminate();
  }

  private start(): Worker {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const worker = new Worker(new URL(`./embed.worker.${extension}`, import.meta.url));
    worker.unref();
    worker.on('message', ({ id, vectors, error }: Answer) => {
      const caller = this.waiting.get(id);
      if (vectors) caller?.resolve(vectors);
      else caller?.reject(broken(error));
    });
    worker.on('error', (error: Error) => this.fail(worker, error));
    worker.on('exit', () => this.fail(worker, undefined));
    return worker;
  }

  /** Whoever waits is told; the next call starts another thread. */
  private fail(worker: Worker, error: Error | undefined): void {
    if (this.worker === worker) this.worker = undefined;
    for (const caller of this.waiting.values()) caller.reject(broken(error?.message));
    this.waiting.clear();
  }
}

function broken(why = 'its thread ended'): FailureError {
  return FailureError.of('provider_error', `The local embedding model failed: ${why}. Try again.`);
}
