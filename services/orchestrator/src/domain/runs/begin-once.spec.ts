import { describe, expect, it } from 'vitest';
import { beginOnce, type FoundKey, type Started, type StartKeys } from './begin-once.js';

/** A key that leads to a run which was over at that moment, or is not. */
function keysOf(finishedAt?: number): StartKeys & { found: FoundKey | undefined } {
  return {
    found: { runId: 'first', requestHash: 'hash', ...(finishedAt === undefined ? {} : { finishedAt }) },
    async find() {
      return this.found;
    },
    async forget(_tenantId, _key, runId) {
      if (this.found?.runId === runId) this.found = undefined;
    },
  };
}

const begun = { kind: 'elsewhere', answer: { run: undefined, repeatedStart: false } } satisfies Started;

function start(keys: StartKeys, keySeconds: number, now: number, requestHash = 'hash') {
  const request = { tenantId: 't', idempotencyKey: 'key', requestHash, keySeconds };
  return beginOnce(
    keys,
    request,
    () => now,
    async () => begun,
  );
}

describe('a start key', () => {
  const repeated = { kind: 'repeated', runId: 'first' };

  it('leads to its run as long as that is under way, and so long after its end', async () => {
    expect(await start(keysOf(), 10, 1_000_000)).toEqual(repeated);
    expect(await start(keysOf(1000), 10, 10_999)).toEqual(repeated);
  });

  it('begins a new run when its time is over, whatever that is to do', async () => {
    expect(await start(keysOf(1000), 10, 11_000)).toBe(begun);
    expect(await start(keysOf(1000), 10, 11_000, 'another')).toBe(begun);
  });

  it('has no such time by itself, and is for one request', async () => {
    expect(await start(keysOf(1000), 0, 1_000_000_000)).toEqual(repeated);
    await expect(start(keysOf(), 10, 0, 'another')).rejects.toMatchObject({
      failure: { code: 'idempotency_key_reused' },
    });
  });
});
