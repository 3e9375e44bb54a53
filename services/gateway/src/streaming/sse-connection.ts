import type { ServerResponse } from 'node:http';

/** A client that takes nothing for this long is let go; it can come back with `Last-Event-ID`. */
const stuckMs = 30_000;

/** One open answer of server-sent events. Writes are awaited, so that a slow client holds back its own stream and nothing else. */
export class SseConnection {
  private isOpen = true;
  private release: (() => void) | undefined;

  constructor(
    private readonly response: ServerResponse,
    headers: Readonly<Record<string, string | number | string[] | undefined>>,
    private readonly onClose: () => void,
  ) {
    for (const [name, value] of Object.entries(headers)) if (value !== undefined) response.setHeader(name, value);
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    });
    response.on('drain', () => this.release?.());
    response.on('error', () => this.closed());
    response.on('close', () => this.closed());
    // What is written in the same turn goes out with the headers.
    const { socket } = response;
    socket?.cork();
    process.nextTick(() => socket?.uncork());
    response.flushHeaders();
  }

  get open(): boolean {
    return this.isOpen;
  }

  /** Resolves when the client has room for more, or is gone. */
  async write(frame: string): Promise<void> {
    if (!this.isOpen || this.response.write(frame) || !this.isOpen) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => this.response.destroy(), stuckMs);
      this.release = () => {
        clearTimeout(timer);
        this.release = undefined;
        resolve();
      };
    });
  }

  /** Ends the answer in good order. */
  end(lastWords = ''): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.response.end(lastWords);
    this.release?.();
  }

  private closed(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.release?.();
    this.onClose();
  }
}
