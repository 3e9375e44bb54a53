import { setTimeout as delay } from 'node:timers/promises';
import type { ApiClient, Run } from '@treadle/cli';
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

/** One start: what to run, with what, and what to do with the run when it was accepted. */
export interface Start {
  readonly workflowId: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly act?: ((api: ApiClient, runId: string) => Promise<unknown>) | undefined;
}

/**
 * Makes all starts, `perSecond` of them each second whatever happens to those before, each by a client that repeats it under one
 * idempotency key until it is answered: then the run counts as accepted.
 */
export function startLoad(api: ApiClient, starts: readonly Start[], perSecond: number): Load {
  let allowed = 0;
  let accepted = 0;
  const begun = Date.now();
  const done = Promise.all(
    starts.map(async (start, index) => {
      await delay((index * 1000) / perSecond);
      while (index >= allowed) await delay(10);
      const id = await startRun(api, start, `${begun}-${index}`);
      accepted += 1;
      if (start.act) await untilAnswered(`what is done with run ${id}`, async () => start.act?.(api, id));
      return id;
    }),
  );
  // Who waits for a number learns at once when it cannot be reached.
  const failed = done.then(() => delay(10));
  failed.catch(() => undefined);
  return {
    allow: (count) => {
      allowed = count;
    },
    untilAccepted: async (wanted) => {
      while (accepted < wanted) await Promise.race([delay(10), failed]);
    },
    done,
  };
}

async function startRun(api: ApiClient, { workflowId, inputs }: Start, key: string): Promise<string> {
  const { id } = await untilAnswered(`start ${key} to be accepted`, () =>
    api.send<Run>(`/api/v1/workflows/${workflowId}/runs`, {
      method: 'POST',
      json: { inputs, mode: 'async' },
      headers: { 'idempotency-key': key },
      signal: AbortSignal.timeout(20_000),
    }),
  );
  return id;
}
