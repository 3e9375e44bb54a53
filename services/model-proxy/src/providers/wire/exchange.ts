import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';

/** An answer that has begun. */
export interface OpenAnswer {
  readonly statusCode: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Exchange;
}

/** Bytes kept for a slow reader before the server is asked to wait. */
const highWaterBytes = 256 * 1024;

/**
 * One request and its answer, straight from the connection: undici's own answers are Node streams, which cost more than all else that is
 * done with a token here. Rejects and throws what the connection or the signal fails with.
 */
export class Exchange implements Dispatcher.DispatchHandler, AsyncIterableIterator<Buffer> {
  private readonly start = Promise.withResolvers<OpenAnswer>();
  private controller: Dispatcher.DispatchController | undefined;
  private chunks: Buffer[] = [];
  private bytes = 0;
  private over: { readonly error: unknown } | 'ended' | undefined;
  private wake: (() => void) | undefined;
  private keeps = true;

  constructor(private readonly signal: AbortSignal) {
    signal.addEventListener('abort', this.onAbort, { once: true });
    if (signal.aborted) this.onAbort();
  }

  /** Resolves when the answer begins. */
  get started(): Promise<OpenAnswer> {
    return this.start.promise;
  }

  /** The next bytes; all that came since the last time. */
  async next(): Promise<IteratorResult<Buffer, undefined>> {
    while (this.chunks.length === 0) {
      if (this.over === 'ended') return { done: true, value: undefined };
      if (this.over) throw this.over.error;
      await this.news();
    }
    return { done: false, value: this.take() };
  }

  /** The rest of the answer, however long. */
  async text(): Promise<string> {
    const pieces: Buffer[] = [];
    for (;;) {
      if (this.chunks.length > 0) pieces.push(this.take());
      if (this.over) break;
      await this.news();
    }
    if (this.over !== 'ended') throw this.over.error;
    return decoder.decode(pieces.length === 1 ? pieces[0] : Buffer.concat(pieces));
  }

  /** Reads the rest and forgets it, so that the connection serves the next call. */
  drain(): void {
    this.keeps = false;
    this.take();
  }

  /** Ends an answer that nobody reads on; costs the connection. */
  abandon(): void {
    if (this.over === undefined) this.fail(new Error('The answer is not read on.'));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** For undici, like all that follows. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.over && this.over !== 'ended') controller.abort(asError(this.over.error));
  }

  onResponseStart(_controller: Dispatcher.DispatchController, statusCode: number, headers: IncomingHttpHeaders): void {
    if (statusCode >= 200) this.start.resolve({ statusCode, headers, body: this });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.keeps) return;
    this.chunks.push(chunk);
    this.bytes += chunk.length;
    if (this.bytes > highWaterBytes) controller.pause();
    this.wakeUp();
  }

  onResponseEnd(): void {
    this.end('ended');
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.end({ error });
  }

  private news(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }

  private take(): Buffer {
    const { chunks } = this;
    const [first] = chunks;
    const taken = chunks.length === 1 && first ? first : Buffer.concat(chunks);
    this.chunks = [];
    this.bytes = 0;
    if (this.controller?.paused) this.controller.resume();
    return taken;
  }

  private fail(error: unknown): void {
    const { controller } = this;
    this.end({ error });
    controller?.abort(asError(error));
  }

  private end(how: { readonly error: unknown } | 'ended'): void {
    if (this.over !== undefined) return;
    this.over = how;
    this.signal.removeEventListener('abort', this.onAbort);
    if (how !== 'ended') {
      this.start.promise.catch(() => undefined);
      this.start.reject(how.error);
    }
    this.wakeUp();
  }

  private wakeUp(): void {
    this.wake?.();
    this.wake = undefined;
  }

  private readonly onAbort = () => this.fail(this.signal.reason);
}

const decoder = new TextDecoder();

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('The call was given up.', { cause: reason });
}
