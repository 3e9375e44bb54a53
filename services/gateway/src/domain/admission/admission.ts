import { AdaptiveLimit, type AdaptiveLimitOptions } from './adaptive-limit.js';
import { FairQueue, type Lane } from './fair-queue.js';

export interface AdmissionOptions extends AdaptiveLimitOptions {
  /** Most requests that wait. */
  readonly maxWaiting: number;
  /** Longest wait, in milliseconds. */
  readonly maxWaitMs: number;
}

/** A request at the door. */
export interface Visitor {
  readonly tenant: string;
  readonly lane: Lane;
  /** What it is compared with: requests of the same kind take about the same time. */
  readonly kind: string;
  /** Told once that its turn has come, or that it never will. */
  readonly admitted: (visit: Visit) => void;
  readonly refused: (retryAfterSeconds: number) => void;
}

/** Batch leaves a quarter of the room to requests that somebody waits for. */
const batchShare = 0.75;
const longestRetrySeconds = 30;
/** Who is inside for longer waits for something that is not ours, in milliseconds, and makes room. */
const longestInsideMs = 5000;

/** What became of a visitor so far. */
export class Visit {
  /** `over`: has left, or was refused. */
  state: 'waiting' | 'inside' | 'over' = 'waiting';
  since: number;

  constructor(
    readonly visitor: Visitor,
    since: number,
    private readonly left: (visit: Visit, wentWell: boolean) => void,
  ) {
    this.since = since;
  }

  get tenant(): string {
    return this.visitor.tenant;
  }

  get lane(): Lane {
    return this.visitor.lane;
  }

  /**
   * It is done, or does not wait any longer. Only the first call counts.
   * @param wentWell whether the time it took says something: a refusal, for one, is faster than the work.
   */
  leave(wentWell: boolean): void {
    if (this.state !== 'over') this.left(this, wentWell);
  }
}

/**
 * Lets in as many requests at a time as can be worked on without being slow. Who comes while there is no room waits a moment, tenants
 * taking turns; when the queue is full, the tenant with most in it gives way. So what is let in gets done, however much comes.
 */
export class Admission {
  readonly limit: AdaptiveLimit;
  private readonly queue = new FairQueue<Visit>();
  /** In the order they came in. */
  private readonly inside = new Set<Visit>();
  private batchInside = 0;
  private leftSince = 0;
  private left = 0;
  private perSecond = 0;

  constructor(
    private readonly options: AdmissionOptions,
    private readonly now: () => number,
  ) {
    this.limit = new AdaptiveLimit(options);
  }

  /** How many are inside and how many wait. */
  get load(): { readonly inside: number; readonly waiting: number; readonly limit: number } {
    return { inside: this.inside.size, waiting: this.queue.size, limit: this.limit.current };
  }

  /** Tells the visitor, now or later, what becomes of it. */
  enter(visitor: Visitor): Visit {
    const visit = new Visit(visitor, this.now(), (left, wentWell) => this.leave(left, wentWell));
    if (this.queue.size === 0 && this.hasRoom(visitor.lane)) this.admit(visit);
    else this.wait(visit);
    return visit;
  }

  /** Whether nobody can wait any more unless somebody else gives way. */
  get isFull(): boolean {
    return this.queue.size >= this.options.maxWaiting;
  }

  /** Whether somebody of this tenant who came now would be refused. */
  wouldRefuse(tenant: string): boolean {
    return this.isFull && !this.queue.lastOfLongest(tenant);
  }

  private leave(visit: Visit, wentWell: boolean): void {
    const { state } = visit;
    visit.state = 'over';
    if (state === 'waiting') this.queue.remove(visit);
    if (state !== 'inside') return;
    const now = this.now();
    this.inside.delete(visit);
    if (visit.lane === 'batch') this.batchInside -= 1;
    this.countLeft(now);
    if (wentWell) this.limit.record(visit.visitor.kind, now - visit.since, now);
    this.letIn();
  }

  /** Refuses those who have waited too long, and gives away the room of those who are inside for very long. To be called every so often. */
  sweep(): void {
    const now = this.now();
    for (const visit of this.queue.before(now - this.options.maxWaitMs)) this.refuse(visit);
    for (const visit of this.inside) {
      if (visit.since > now - longestInsideMs) break;
      visit.leave(false);
    }
    this.letIn();
  }

  /** Seconds after which there may be room. */
  retryAfterSeconds(): number {
    return Math.min(longestRetrySeconds, Math.ceil((this.queue.size + 1) / Math.max(1, this.perSecond)));
  }

  private wait(visit: Visit): void {
    this.limit.observe(this.inside.size, true);
    if (this.isFull) {
      const giving = this.queue.lastOfLongest(visit.tenant);
      if (!giving) return this.refuse(visit);
      this.queue.remove(giving);
      this.refuse(giving);
    }
    this.queue.add(visit);
    this.letIn();
  }

  private letIn(): void {
    while (this.inside.size < this.limit.current) {
      const visit = this.queue.next(this.hasRoom('batch'));
      if (!visit) return;
      this.admit(visit);
    }
  }

  private hasRoom(lane: Lane): boolean {
    const { current } = this.limit;
    return (
      this.inside.size < current && (lane === 'interactive' || this.batchInside < Math.max(1, current * batchShare))
    );
  }

  private admit(visit: Visit): void {
    visit.state = 'inside';
    // Its time inside is what the limit follows; the wait is of the limit's own making.
    visit.since = this.now();
    this.inside.add(visit);
    if (visit.lane === 'batch') this.batchInside += 1;
    this.limit.observe(this.inside.size, false);
    visit.visitor.admitted(visit);
  }

  private refuse(visit: Visit): void {
    visit.state = 'over';
    visit.visitor.refused(this.retryAfterSeconds());
  }

  private countLeft(now: number): void {
    this.left += 1;
    if (now - this.leftSince < 1000) return;
    this.perSecond = (this.left * 1000) / (now - this.leftSince);
    [this.left, this.leftSince] = [0, now];
  }
}
