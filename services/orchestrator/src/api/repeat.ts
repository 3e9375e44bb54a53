/** Does something again and again, never twice at a time, until stopped. */
export class Repeating {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(
    private readonly intervalMs: number,
    private readonly work: () => Promise<void> | void,
    private readonly onError: (error: unknown) => void,
  ) {}

  start(): this {
    this.timer = setTimeout(() => void this.once(), this.intervalMs);
    return this;
  }

  /** Resolves when what was under way is over. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private async once(): Promise<void> {
    this.running = Promise.resolve().then(this.work).catch(this.onError);
    await this.running;
    if (!this.stopped) this.start();
  }
}
