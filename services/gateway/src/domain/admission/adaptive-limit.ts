/** How the limit finds its size. */
export interface AdaptiveLimitOptions {
  readonly min: number;
  readonly max: number;
  readonly initial: number;
  /** How many times its usual latency a request may take before that counts as too much. */
  readonly tolerance: number;
  /** Latencies below this never count as too much, in milliseconds. */
  readonly floorMs: number;
}

/** How often the limit changes, in milliseconds. */
const windowMs = 100;
/** Fewer requests say nothing, unless no more come for a second. */
const fewest = 10;
const longestWindowMs = 1000;
/** How fast the usual latency follows what is measured: down at once, up while there is little to do, and hardly while there is much. */
const following = { down: 0.2, calm: 0.02, busy: 0.0005 };

interface Kind {
  usualMs: number;
  sumMs: number;
  count: number;
}

/**
 * How many requests may be worked on at a time. It follows latency: while requests take about as long as they do when there is little to
 * do, more are let in; when they take longer, fewer. Kinds of requests are compared with themselves, so that a change of the mix is no
 * change of the limit.
 */
export class AdaptiveLimit {
  private readonly kinds = new Map<string, Kind>();
  private size: number;
  private windowFrom = Number.NaN;
  private samples = 0;
  private peak = 0;
  private wasShort = false;

  constructor(private readonly options: AdaptiveLimitOptions) {
    this.size = options.initial;
  }

  get current(): number {
    return Math.floor(this.size);
  }

  /** Usual latencies by kind, in milliseconds. */
  usual(kind: string): number | undefined {
    return this.kinds.get(kind)?.usualMs;
  }

  /** Tells how many are worked on, and whether others had to wait for them. */
  observe(inside: number, waiting: boolean): void {
    this.peak = Math.max(this.peak, inside);
    this.wasShort ||= waiting;
  }

  /** Tells how long a request took that went well. Both in milliseconds. */
  record(kind: string, latencyMs: number, now: number): void {
    const known = this.kinds.get(kind) ?? { usualMs: Number.NaN, sumMs: 0, count: 0 };
    this.kinds.set(kind, known);
    known.sumMs += latencyMs;
    known.count += 1;
    this.samples += 1;
    if (Number.isNaN(this.windowFrom)) this.windowFrom = now;
    const elapsed = now - this.windowFrom;
    if (elapsed >= longestWindowMs || (elapsed >= windowMs && this.samples >= fewest)) this.close(now);
  }

  private close(now: number): void {
    const strain = this.strain();
    const busy = this.wasShort || this.peak > Math.max(1, this.size / 4);
    for (const kind of this.kinds.values()) settle(kind, busy ? following.busy : following.calm);
    const { min, max } = this.options;
    if (strain > 1) this.size = Math.max(min, this.size * Math.max(0.8, 1 / strain));
    // What is not used cannot have been found good.
    else if (this.wasShort || this.peak >= this.size * 0.8)
      this.size = Math.min(max, this.size + Math.max(1, this.size * 0.05));
    [this.windowFrom, this.samples, this.peak, this.wasShort] = [now, 0, 0, false];
  }

  /** How long requests took, as a share of how long they may. */
  private strain(): number {
    let took = 0;
    let allowed = 0;
    for (const { usualMs, sumMs, count } of this.kinds.values()) {
      if (count === 0 || Number.isNaN(usualMs)) continue;
      took += sumMs;
      allowed += count * Math.max(this.options.floorMs, usualMs * this.options.tolerance);
    }
    return allowed === 0 ? 0 : took / allowed;
  }
}

function settle(kind: Kind, up: number): void {
  if (kind.count === 0) return;
  const mean = kind.sumMs / kind.count;
  const share = mean < kind.usualMs ? following.down : up;
  kind.usualMs = Number.isNaN(kind.usualMs) ? mean : kind.usualMs + (mean - kind.usualMs) * share;
  [kind.sumMs, kind.count] = [0, 0];
}
