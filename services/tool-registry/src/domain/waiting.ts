import { setTimeout as sleep } from 'node:timers/promises';
import { abortFailure } from '@treadle/grpc';

const firstLookMs = 20;
const slowestLookMs = 500;

/** The promise's own end, or the failure of the signal when that is first. */
export async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    work.catch(() => undefined);
    throw abortFailure(signal);
  }
  let onAbort = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(abortFailure(signal));
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
    work.catch(() => undefined);
  }
}

/** A pause that grows with the number of looks. Throws the signal's failure. */
export async function lookAgain(looks: number, signal: AbortSignal): Promise<void> {
  const pauseMs = Math.min(slowestLookMs, firstLookMs * 2 ** Math.min(looks, 5));
  await sleep(pauseMs * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => {
    throw abortFailure(signal);
  });
}
