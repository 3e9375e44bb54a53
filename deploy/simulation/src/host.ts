import type { Scheduler } from './scheduler.js';

/**
 * A process: a clock of its own, and everything that reaches it. Once dead nothing reaches it any more, so what it was doing ends
 * there; while it is stalled everything waits.
 */
export class Host {
  alive = true;
  private clockAheadMs = 0;
  private stalledUntil = 0;

  constructor(
    readonly name: string,
    private readonly scheduler: Scheduler,
    private readonly onCrash: () => void = () => undefined,
  ) {}

  /** The time as this process believes it to be, in milliseconds since the epoch. */
  readonly now = (): number => this.scheduler.now + this.clockAheadMs;

  get isStalled(): boolean {
    return this.scheduler.now < this.stalledUntil;
  }

  /** Something that reaches the process after a while: a timer, a message, an answer. */
  after(delayMs: number, action: () => void): void {
    this.scheduler.after(delayMs, () => this.reach(action));
  }

  /** Something that this process waits for, but no longer than `timeoutMs`; then it fails with what `late` makes. */
  within<Value>(
    timeoutMs: number,
    late: () => Error,
    begin: (resolve: (value: Value) => void, reject: (error: unknown) => void) => void,
  ): Promise<Value> {
    return new Promise((resolve, reject) => {
      let isOver = false;
      const once =
        <Argument>(settle: (argument: Argument) => void) =>
        (argument: Argument) => {
          isOver = true;
          settle(argument);
        };
      begin(once(resolve), once(reject));
      this.after(timeoutMs, () => (isOver ? undefined : reject(late())));
    });
  }

  pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => this.after(milliseconds, resolve));
  }

  /** Does something again and again, never twice at a time, as the service's loops do. */
  every(intervalMs: number, work: () => Promise<void> | void, onError: (error: unknown) => void): void {
    const once = () =>
      void Promise.resolve()
        .then(work)
        .catch(onError)
        .then(() => this.after(intervalMs, once));
    this.after(intervalMs, once);
  }

  crash(): void {
    if (!this.alive) return;
    this.alive = false;
    this.onCrash();
  }

  stall(milliseconds: number): void {
    this.stalledUntil = this.scheduler.now + milliseconds;
  }

  stepClock(milliseconds: number): void {
    this.clockAheadMs += milliseconds;
  }

  private reach(action: () => void): void {
    if (!this.alive) return;
    if (this.isStalled) this.scheduler.after(this.stalledUntil - this.scheduler.now, () => this.reach(action));
    else action();
  }
}
