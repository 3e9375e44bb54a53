import { setTimeout as wait } from 'node:timers/promises';
import { type Receipt, type Result, resultSubject, Verdict } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import type { MessageBus } from '@treadle/messaging';

/** How long the partition's owner has for the commit before it is asked again. */
const receiptTimeoutMs = 5000;
const firstPauseMs = 50;
const longestPauseMs = 2000;

/**
 * Hands a result to the owner of its run until that one says what became of it; the owner may be away for as long as it likes.
 * The result is made anew for each try.
 * @returns the receipt; undefined when `stopped` fired first
 * @throws FailureError `payload_too_large`, which no repetition mends.
 */
export async function deliverResult(
  bus: MessageBus,
  result: () => Result,
  stopped: AbortSignal,
): Promise<Receipt | undefined> {
  const stop = Promise.withResolvers<undefined>();
  const onStop = () => stop.resolve(undefined);
  stopped.addEventListener('abort', onStop, { once: true });
  try {
    for (let tries = 0; !stopped.aborted; tries++) {
      const receipt = await Promise.race([settled(bus, result()), stop.promise]);
      if (receipt) return receipt;
      await Promise.race([wait(pauseMs(tries), undefined, { ref: false }), stop.promise]);
    }
    return undefined;
  } finally {
    stopped.removeEventListener('abort', onStop);
  }
}

async function settled(bus: MessageBus, result: Result): Promise<Receipt | undefined> {
  try {
    const receipt = await bus.request(resultSubject(result.partition), result, receiptTimeoutMs);
    const { verdict } = receipt;
    return verdict === Verdict.VERDICT_COMMITTED || verdict === Verdict.VERDICT_REFUSED ? receipt : undefined;
  } catch (error) {
    if (error instanceof FailureError && error.failure.code === 'payload_too_large') throw error;
    return undefined;
  }
}

/** Doubles up to a ceiling; the random half keeps many executors from asking a new owner at the same moment. */
function pauseMs(tries: number): number {
  const ceiling = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(tries, 10));
  return ceiling * (0.5 + Math.random() / 2);
}
