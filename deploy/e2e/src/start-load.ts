import { setTimeout as delay } from 'node:timers/promises';
import type { ApiClient, Run } from '@treadle/cli';
import { inputsOf } from './crash-workflow.js';
import { untilAnswered } from './system.js';

/** Runs being started by many clients. */
export interface Load {
  /** Starts beyond the first so many wait until this is called again with more. */
  allow(count: number): void;
  /** Resolves when so many starts were answered. */
  untilAccepted(count: number): Promise<void>;
  /** The run of every start, by its place; resolves when all were accepted. */
  readonly done: Promise<string[]>;
}

/**
 * Starts `count` runs, `perSecond` of them each second whatever happens to those before, each by a client that repeats its start
 * under one idempotency key until it is answered: then the run counts as accepted.
 */
export function startLoad(api: ApiClient, workflowId: string, count: number, perSecond: number): Load {
  let allowed = 0;
  let accepted = 0;
  const start = async (index: number) => {
    const id = await startRun(api, workflowId, index);
    accepted += 1;
    return id;
  };
  const done = Promise.all(
    Array.from({ length: count }, async (_, index) => {
      await delay((index * 1000) / perSecond);
      while (index >= allowed) await delay(10);
      return start(index);
    }),
  );
  // Who waits for a number learns at once when it cannot be reached.
  const failed = done.then(() => delay(10));
  failed.catch(() => undefined);
  return {
    allow: (starts) => {
      allowed = starts;
    },
    untilAccepted: async (wanted) => {
      while (accepted < wanted) await Promise.race([delay(10), failed]);
    },
    done,
  };
}

async function startRun(api: ApiClient, workflowId: string, index: number): Promise<string> {
  const { id } = await untilAnswered(`start ${index} to be accepted`, () =>
    api.send<Run>(`/api/v1/workflows/${workflowId}/runs`, {
      method: 'POST',
      json: { inputs: inputsOf(index), mode: 'async' },
      headers: { 'idempotency-key': `crash-${index}` },
      signal: AbortSignal.timeout(20_000),
    }),
  );
  return id;
}
