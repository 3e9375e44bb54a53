import type { StartRunResponse } from '@treadle/contracts';
import type { RunState } from '@treadle/engine';
import { FailureError } from '@treadle/failure';
import type { LiveRun } from './live-run.js';
import type { StartKey } from './run-journal.js';

/** Finds what an idempotency key started before. */
export interface StartKeys {
  find(tenantId: string, key: string): Promise<FoundKey | undefined>;
  /** Lets a key begin a new run, if it leads to this one. */
  forget(tenantId: string, key: string, runId: string): Promise<void>;
}

export interface FoundKey {
  readonly runId: string;
  readonly requestHash: string;
  /** When its run was over, in milliseconds since the epoch; absent while it is not. */
  readonly finishedAt?: number;
}

export type Started =
  /** A run was accepted here. */
  | { readonly kind: 'begun'; readonly run: LiveRun; readonly ended: Promise<RunState> | undefined }
  /** Its conversation belongs to another replica, which has accepted it. */
  | { readonly kind: 'elsewhere'; readonly answer: StartRunResponse }
  /** The same key began a run before. */
  | { readonly kind: 'repeated'; readonly runId: string };

/** What of a request tells it from others, and its repetitions from itself. */
interface KeyedRequest {
  readonly tenantId: string;
  /** Empty when the caller gave none. */
  readonly idempotencyKey: string;
  readonly requestHash: string;
  /** How long after the end of its run the key counts; absent or 0 as long as it is kept. */
  readonly keySeconds?: number | undefined;
}

/**
 * Begins a run, unless the request's key has begun one before.
 * @param begin is to claim the key together with the run
 * @throws FailureError `idempotency_key_reused`, and whatever `begin` throws
 */
export async function beginOnce(
  keys: StartKeys,
  request: KeyedRequest,
  now: () => number,
  begin: (key: StartKey | undefined) => Promise<Started>,
): Promise<Started> {
  const earlier = await repeated(keys, request, now());
  if (earlier) return earlier;
  const { idempotencyKey, requestHash } = request;
  try {
    return await begin(idempotencyKey ? { key: idempotencyKey, requestHash } : undefined);
  } catch (error) {
    // Refused: somebody may have used the key in this very moment.
    const other = await repeated(keys, request, now());
    if (other) return other;
    throw error;
  }
}

async function repeated(keys: StartKeys, request: KeyedRequest, now: number): Promise<Started | undefined> {
  const { tenantId, idempotencyKey, keySeconds } = request;
  if (!idempotencyKey) return undefined;
  const found = await keys.find(tenantId, idempotencyKey);
  if (!found) return undefined;
  if (keySeconds && found.finishedAt !== undefined && found.finishedAt + keySeconds * 1000 <= now) {
    await keys.forget(tenantId, idempotencyKey, found.runId);
    return undefined;
  }
  if (found.requestHash === request.requestHash) return { kind: 'repeated', runId: found.runId };
  throw FailureError.of(
    'idempotency_key_reused',
    `This Idempotency-Key started run ${found.runId} with another request. Use a new key for a new request.`,
    { field: 'Idempotency-Key' },
  );
}
