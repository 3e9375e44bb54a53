import { setTimeout as delay } from 'node:timers/promises';
import { type FailureCode, FailureError, toFailure } from '@treadle/failure';
import { AttemptFailed, attempt, loadSign, targetFailures, type Work } from './attempt.js';
import type { MoneyGate } from './money-gate.js';
import type { Emit } from './pulled.js';
import type { RetryBudget } from './retry-budget.js';
import type { Target } from './target.js';

/** Every target is tried, and then all of them once more. */
const rounds = 2;
const firstPauseMs = 250;
/** Whoever is to wait longer than this is told so instead: the caller's timers are durable, ours are not. */
const longestPauseMs = 2_000;

export interface AttemptsOptions {
  readonly money: MoneyGate;
  readonly budget: RetryBudget;
  /** From 0 to below 1. */
  readonly random: () => number;
}

/** Targets in the order in which they are asked. */
export interface Choice {
  readonly targets: readonly Target[];
  /** After which failures the next one is asked; undefined for every failure that another may not have. */
  readonly fallbackOn?: readonly FailureCode[];
}

/** Asks one target after the other until one answers. Once a part of an answer was seen there is no going back. Throws `FailureError`. */
export async function attempts<Part, Told>(
  choice: Choice,
  work: Work<Part, Told>,
  options: AttemptsOptions,
  signal: AbortSignal,
  emit: Emit<Part>,
): Promise<void> {
  const state: Progress = { made: 0, last: undefined };
  for (let round = 0; ; round += 1) {
    for (const target of choice.targets) {
      if (await tryTarget(target, choice, work, options, signal, state, emit)) return;
    }
    const failure = state.last ?? FailureError.of('model_not_found', 'No model serves this call.');
    const pauseMs = pauseBefore(round, choice.targets, options.random);
    if (round + 1 >= rounds || !toFailure(failure).retryable || pauseMs > longestPauseMs) throw failure;
    if (choice.targets.every(({ breaker }) => breaker.isOpen)) throw failure;
    await pause(pauseMs, signal);
  }
}

interface Progress {
  made: number;
  last: FailureError | undefined;
}

/** Whether the target answered. A failure that another target may not have is remembered; any other is thrown. */
async function tryTarget<Part, Told>(
  target: Target,
  choice: Choice,
  work: Work<Part, Told>,
  { money, budget }: AttemptsOptions,
  signal: AbortSignal,
  state: Progress,
  emit: Emit<Part>,
): Promise<boolean> {
  const trouble = target.trouble();
  if (trouble) {
    state.last ??= trouble;
    return false;
  }
  const slot = target.limit.take() ?? (await target.limit.acquire(signal).catch((error) => note(error, state, signal)));
  if (!slot) return false;
  const startedAt = performance.now();
  let firstTokenMs: number | undefined;
  let failed: AttemptFailed | undefined;
  try {
    if (target.breaker.isOpen) return false;
    if (state.made > 0 && !budget.take()) throw state.last ?? exhausted();
    state.made += 1;
    target.lastTenantId = work.spender.tenantId;
    await attempt(target, work, money, signal, (part) => {
      firstTokenMs ??= performance.now() - startedAt;
      return emit(part);
    });
    return true;
  } catch (error) {
    if (!(error instanceof AttemptFailed)) throw error;
    failed = error;
    state.last = goOn(error, target, choice, signal);
    return false;
  } finally {
    slot.release(loadSign(failed, firstTokenMs));
  }
}

/** A queue that is full or too slow is a reason to ask somebody else; a caller that is gone is not. */
function note(error: unknown, state: Progress, signal: AbortSignal): undefined {
  if (signal.aborted || !(error instanceof FailureError)) throw error;
  state.last ??= error;
}

/** The failure, as what to say if no other target answers. Throws it when no other should be asked. */
function goOn({ failure, begun, cause }: AttemptFailed, target: Target, choice: Choice, signal: AbortSignal) {
  const error = cause instanceof Error ? cause : new FailureError(failure);
  if (failure.code === 'provider_rate_limited' && failure.retryAfterSeconds !== undefined)
    target.rest(failure.retryAfterSeconds);
  const elsewhere = choice.fallbackOn ?? [...targetFailures, 'budget_exceeded', 'price_unknown'];
  if (begun || signal.aborted || !(elsewhere as readonly string[]).includes(failure.code)) throw error;
  return error instanceof FailureError ? error : new FailureError(failure);
}

/** Full jitter, and not before the first target may be asked again. */
function pauseBefore(round: number, targets: readonly Target[], random: () => number): number {
  const rest = Math.min(...targets.map(({ restMs }) => restMs));
  // A timer may end a moment before the clock agrees, and the target would still be at rest.
  return Math.max(rest > 0 ? rest + 5 : 0, random() * firstPauseMs * 2 ** round);
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(milliseconds, undefined, { signal });
  } catch (error) {
    throw signal.reason ?? error;
  }
}

function exhausted(): FailureError {
  return FailureError.of('provider_unavailable', 'Too many calls to models fail to try this one again now.');
}
