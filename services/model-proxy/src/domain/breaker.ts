export interface BreakerOptions {
  /** Failures in a row after which the target is left alone. */
  readonly failures: number;
  /** Milliseconds between two looks at whether it is back. */
  readonly probeIntervalMs: number;
  /** Whether the target answers. Never a client's own call: nobody waits for it. */
  readonly probe: () => Promise<boolean>;
  readonly onOpen?: () => void;
}

/** Keeps calls away from a target that fails, and looks in the background whether it is back. */
export class Breaker {
  private failuresInRow = 0;
  private timer: NodeJS.Timeout | undefined;
  private nextProbeAt = 0;
  private closed = false;

  constructor(private readonly options: BreakerOptions) {}

  get isOpen(): boolean {
    return this.nextProbeAt > 0;
  }

  /** Seconds until it is known whether the target is back; at least one. */
  get retryAfterSeconds(): number {
    return Math.max(1, Math.ceil((this.nextProbeAt - Date.now()) / 1_000));
  }

  succeeded(): void {
    this.failuresInRow = 0;
  }

  failed(): void {
    this.failuresInRow += 1;
    if (this.failuresInRow < this.options.failures || this.isOpen || this.closed) return;
    this.schedule();
    this.options.onOpen?.();
  }

  /** No more probes. */
  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  private schedule(): void {
    this.nextProbeAt = Date.now() + this.options.probeIntervalMs;
    this.timer = setTimeout(() => void this.look(), this.options.probeIntervalMs).unref();
  }

  private async look(): Promise<void> {
    const back = await this.options.probe().catch(() => false);
    if (this.closed) return;
    if (!back) return this.schedule();
    this.nextProbeAt = 0;
    this.failuresInRow = 0;
  }
}
