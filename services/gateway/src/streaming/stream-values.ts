import { FailureError } from '@treadle/failure';
import type { StreamSink } from './run-stream.js';

/** The events of a run as values that somebody asks for one by one. The stream waits until each is taken. */
export class StreamValues<Value> implements StreamSink, AsyncIterableIterator<Value> {
  private isOpen = true;
  private frame: string | undefined;
  private failure: unknown;
  private taken: (() => void) | undefined;
  private wake: (() => void) | undefined;

  constructor(
    private readonly read: (frame: string) => Value,
    /** Called when the reader wants no more. */
    private readonly onGone: () => void,
  ) {}

  get open(): boolean {
    return this.isOpen;
  }

  async write(frame: string): Promise<void> {
    if (!this.isOpen || frame === '') return;
    this.frame = frame;
    this.wake?.();
    await new Promise<void>((resolve) => {
      this.taken = resolve;
    });
  }

  /** @param lastWords given when the stream ends before the run: then readers are told to come back. */
  end(lastWords?: string): void {
    if (lastWords !== undefined)
      this.failure ??= FailureError.of(
        'unavailable',
        'The server is stopping. Subscribe again with the last id you received.',
      );
    this.isOpen = false;
    this.wake?.();
  }

  fail(error: unknown): void {
    this.failure = error;
    this.end();
  }

  async next(): Promise<IteratorResult<Value>> {
    while (this.frame === undefined && this.isOpen)
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    const { frame, failure } = this;
    this.frame = undefined;
    this.taken?.();
    if (frame !== undefined) return { value: this.read(frame), done: false };
    this.failure = undefined;
    if (failure !== undefined) throw failure as Error;
    return { value: undefined, done: true };
  }

  async return(): Promise<IteratorResult<Value>> {
    this.isOpen = false;
    this.frame = undefined;
    this.taken?.();
    this.wake?.();
    this.onGone();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
