import { failureKind, toFailure } from '@treadle/failure';

/** One kind of work that comes up again and again. */
export interface Upkept {
  readonly what: string;
  readonly everyMs: number;
  readonly work: (stop: AbortSignal) => Promise<unknown>;
}

/** Does each kind of work now and then, one at a time of each kind, until it is stopped. */
export class UpkeepPoller {
  private readonly stopping = new AbortController();
  private readonly timers: NodeJS.Timeout[] = [];
  private readonly underWay = new Map<string, Promise<void>>();

  constructor(
    private readonly kinds: readonly Upkept[],
    private readonly log: { error(facts: object, message: string): void },
  ) {}

  start(): void {
    for (const kind of this.kinds) this.timers.push(setInterval(() => this.look(kind), kind.everyMs).unref());
    this.nudge();
  }

  /** Looks now rather than at the next moment for it. */
  readonly nudge = (): void => {
    if (this.timers.length > 0) for (const kind of this.kinds) this.look(kind);
  };

  /** Resolves when what is under way has ended, which it does at its next step. */
  async stop(): Promise<void> {
    this.stopping.abort();
    for (const timer of this.timers) clearInterval(timer);
    await Promise.all(this.underWay.values());
  }

  private look({ what, work }: Upkept): void {
    if (this.stopping.signal.aborted || this.underWay.has(what)) return;
    const looking = work(this.stopping.signal)
      .then(() => undefined)
      .catch((error: unknown) => {
        // A database or a store that is away is looked for again the next time.
        if (failureKind(toFailure(error).code) !== 'world') this.log.error({ err: error }, `${what} met a bug`);
      })
      .finally(() => this.underWay.delete(what));
    this.underWay.set(what, looking);
  }
}
