import { type Failure, type FailureCode, toFailure } from '@treadle/failure';
import type { LoadSign } from './adaptive-limit.js';
import { CallSignal } from './call-signal.js';
import { costNothing } from './cost-nothing.js';
import type { BillableCall, BilledUsage, MoneyGate, Reservation, Spender } from './money-gate.js';
import type { Provider } from './provider.js';
import type { Emit } from './pulled.js';
import type { Target } from './target.js';
import { type Patience, Watch } from './watched.js';

/** Who serves, by names, and whether repeats are billed once there. */
export type Served = Pick<BillableCall, 'provider' | 'kind' | 'model'> & Pick<Provider, 'mergesRepeats'>;

/** What is asked of whichever target serves: `Told` is what a provider says, `Part` what the caller hears. */
export interface Work<Part, Told> {
  readonly spender: Spender;
  /** What the target would be paid for. */
  billable(target: Served): BillableCall;
  /** With an answer that comes in pieces; one in a single piece has the time of the call. */
  readonly patience: Patience | undefined;
  /** The longest answer is what the caller allows, or else what the budget pays for. */
  start(target: Target, signal: AbortSignal, outputTokensAtMost: number | undefined): Asked<Told>;
  /** Undefined for a part that is not the last; `unknown` when the provider did not say what it used. */
  usageOf(told: Told): BilledUsage | 'unknown' | undefined;
  /** The last part says who served, with these warnings added to its own. */
  partOf(told: Told, target: Target, warnings: readonly string[]): Part;
}

/** An answer as it comes, or in one piece. */
export type Asked<Told> = AsyncIterable<Told> | Promise<readonly Told[]>;

/** Why an attempt failed, and whether the caller has seen a part of its answer. */
export class AttemptFailed extends Error {
  constructor(
    readonly failure: Failure,
    readonly begun: boolean,
    override readonly cause: unknown,
  ) {
    super(failure.message);
  }
}

/** Failures that say something about the target and not about the request. */
export const targetFailures: ReadonlySet<string> = new Set([
  'model_not_found',
  'provider_error',
  'provider_rate_limited',
  'provider_stream_cut',
  'provider_unauthenticated',
  'provider_unavailable',
]);

/** One call to one target: money first, then the request; both are told how it went. Throws `AttemptFailed`. */
export async function attempt<Part, Told>(
  target: Target,
  work: Work<Part, Told>,
  money: MoneyGate,
  signal: AbortSignal,
  emit: Emit<Part>,
): Promise<void> {
  const account = new Account(target, await reserved(target, work, money));
  const hear = (told: Told): void | Promise<void> => {
    const usage = work.usageOf(told);
    const part = work.partOf(told, target, account.warnings);
    // The end of an answer is told after it is in the books.
    if (usage !== undefined) return account.ended(usage).then(() => emit(part));
    account.began();
    return emit(part);
  };
  const start = (stop: AbortSignal) => work.start(target, stop, account.outputTokensAtMost);
  try {
    if (work.patience) await watched(start, work.patience, signal, hear);
    else await heard(start(signal), hear);
  } catch (error) {
    throw account.failed(error);
  } finally {
    account.left();
  }
}

/** An answer whose pieces must not be too far apart. */
async function watched<Told>(
  start: (stop: AbortSignal) => Asked<Told>,
  patience: Patience,
  signal: AbortSignal,
  hear: Emit<Told>,
): Promise<void> {
  using stop = new CallSignal(signal, 0, { givesUp: true });
  using watch = new Watch(patience, (why) => stop.giveUp(why));
  await heard(start(stop.signal), (told) => {
    watch.came();
    const slow = hear(told);
    if (slow) return slow.then(() => watch.waits());
    watch.waits();
  });
}

async function heard<Told>(answer: Asked<Told>, hear: Emit<Told>): Promise<void> {
  if (answer instanceof Promise) {
    for (const told of await answer) {
      const slow = hear(told);
      if (slow) await slow;
    }
    return;
  }
  for await (const told of answer) {
    const slow = hear(told);
    if (slow) await slow;
  }
}

function reserved<Part, Told>(
  target: Target,
  work: Work<Part, Told>,
  money: MoneyGate,
): Reservation | Promise<Reservation> {
  const { model, provider } = target;
  const { name, kind, mergesRepeats = false } = provider;
  const reservation = money.reserve(work.billable({ provider: name, kind, model, mergesRepeats }));
  if (!(reservation instanceof Promise)) return reservation;
  return reservation.catch((error: unknown) => {
    throw new AttemptFailed(toFailure(error), false, error);
  });
}

/** Tells the money and the breaker how an attempt ended, once. */
class Account {
  /** What the target's load showed, for the limit. */
  private readonly startedAt = performance.now();
  private firstTokenMs: number | undefined;
  private isOver = false;

  constructor(
    private readonly target: Target,
    private readonly reservation: Reservation,
  ) {}

  get outputTokensAtMost(): number | undefined {
    return this.reservation.outputTokensAtMost;
  }

  get warnings(): readonly string[] {
    return this.reservation.warnings;
  }

  began(): void {
    this.firstTokenMs ??= performance.now() - this.startedAt;
  }

  async ended(usage: BilledUsage | 'unknown'): Promise<void> {
    this.began();
    this.target.breaker.succeeded();
    await this.settle('completed', usage === 'unknown' ? undefined : usage);
  }

  failed(error: unknown): AttemptFailed {
    const begun = this.firstTokenMs !== undefined;
    const failure = toFailure(error);
    if (targetFailures.has(failure.code)) this.target.breaker.failed();
    if (!begun && costNothing(failure)) this.release(failure.code);
    else void this.settle(failure.code === 'cancelled' ? 'cancelled' : 'failed', undefined, failure.code);
    return new AttemptFailed(failure, begun, error);
  }

  /** The reader went away in the middle. */
  left(): void {
    void this.settle('cancelled', undefined);
  }

  private settle(
    status: 'completed' | 'failed' | 'cancelled',
    usage: BilledUsage | undefined,
    failureCode?: FailureCode,
  ): Promise<void> {
    if (this.isOver) return Promise.resolve();
    this.isOver = true;
    const latencyMs = performance.now() - this.startedAt;
    const told = { status, usage, latencyMs, firstTokenMs: this.firstTokenMs };
    return this.reservation.settle(failureCode ? { ...told, failureCode } : told).written;
  }

  private release(failureCode: FailureCode): void {
    if (this.isOver) return;
    this.isOver = true;
    this.reservation.release(failureCode);
  }
}

/** What an attempt shows about the load of its target. */
export function loadSign(error: AttemptFailed | undefined, firstTokenMs: number | undefined): LoadSign {
  if (error) {
    const { code, details } = error.failure;
    const status = details?.['status'];
    return code === 'provider_rate_limited' || status === 503 || status === 529 ? 'overloaded' : 'none';
  }
  return firstTokenMs === undefined ? 'none' : { firstTokenMs };
}
