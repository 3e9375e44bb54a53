import type { Failure } from '@treadle/failure';

/** A gateway in front of the provider says so when it does not wait any longer for an answer that is still being made. */
const gaveUpWaiting: ReadonlySet<unknown> = new Set([504, 524]);

/**
 * Whether a call that failed before its answer began certainly cost nothing: its request was never made, did not arrive, or was refused.
 * Not so where other requests of the same call may have been answered.
 */
export function costNothing({ code, details }: Failure): boolean {
  if (details?.['oneOfSeveral'] === true) return false;
  if (code === 'invalid_argument' || details?.['reached'] === false) return true;
  const status = details?.['status'];
  return status !== undefined && !gaveUpWaiting.has(status);
}
