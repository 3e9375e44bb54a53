import type { RunStream } from './run-stream.js';

/** Every request that lasts as long as a run, so that a stopping process can end them in good order. */
export class OpenStreams {
  private readonly streams = new Set<RunStream>();
  private readonly waits = new Set<AbortController>();
  private stopping = false;

  /** How many there are, with those that only wait for a run's end. */
  get count(): number {
    return this.streams.size + this.waits.size;
  }

  add(stream: RunStream): void {
    this.streams.add(stream);
    if (this.stopping) stream.stop();
  }

  delete(stream: RunStream): void {
    this.streams.delete(stream);
  }

  /** For a request that waits for a run: fires when the process stops. To be given back by `done`. */
  waiting(): AbortController {
    const controller = new AbortController();
    this.waits.add(controller);
    if (this.stopping) controller.abort();
    return controller;
  }

  done(controller: AbortController): void {
    this.waits.delete(controller);
  }

  /** Ends all streams and all waiting; the runs go on and their readers come back. */
  stop(): void {
    this.stopping = true;
    for (const stream of this.streams) stream.stop();
    for (const controller of this.waits) controller.abort();
  }
}
