import type { Failure } from '@treadle/failure';
import type { RetryPolicy } from '@treadle/workflow';

/**
 * Milliseconds until the attempt after `attempt`: exponential with full jitter (uniform between 0 and the ceiling), never less
 * than the other side asked for. The jitter comes from the seed, so the same decision made again is the same.
 */
export function retryDelayMs(policy: RetryPolicy, attempt: number, failure: Failure, seed: string): number {
  const ceiling = Math.min(policy.max_backoff_seconds, policy.backoff_seconds * 2 ** (attempt - 1));
  const jittered = ceiling * fraction(`${seed}/${attempt}`);
  return Math.round(Math.max(jittered, failure.retryAfterSeconds ?? 0) * 1000);
}

/** Whether one more attempt is allowed after this one failed. */
export function mayRetry(policy: RetryPolicy, attempt: number, failure: Failure): boolean {
  const wanted = policy.codes === undefined ? failure.retryable : policy.codes.includes(failure.code);
  return wanted && attempt < policy.max_attempts;
}

/** A number from 0 to 1 that depends on nothing but the text (FNV-1a with a final mix). */
function fraction(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return ((hash ^ (hash >>> 15)) >>> 0) / 0x1_0000_0000;
}
