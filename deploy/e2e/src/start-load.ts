import { setTimeout as delay } from 'node:timers/promises';
import type { ApiClient, Run } from '@treadle/cli';
import { inputsOf } from './crash-workflow.js';
import { untilAnswered } from './system.js';

/** Runs being started by many clients at a steady rate. */
export interface Load {
  /** Starts that were answered so far. */
  readonly accepted: number;
  /** The run of every start, by its place; resolves when all were accepted. */
  readonly done: Promise<string[]>;
}

/**
 * Starts `count` runs, `perSecond` of them each second whatever happens to those before, each by a client that repeats its start
 * under one idempotency key until it is answered: then the run counts as accepted.
 */
export function startLoad(api: ApiClient, workflowId: string, count: number, perSecond: number): Load {
  let accepted = 0;
  const start = async (index: number) => {
    await delay((index * 1000) / perSecond);
    const { id } = await untilAnswered(`start ${index} to be accepted`, () =>
      api.send<Run>(`/api/v1/workflows/${workflowId}/runs`, {
        method: 'POST',
        json: { inputs: inputsOf(index), mode: 'async' },
        headers: { 'idempotency-key': `crash-${index}` },
        signal: AbortSignal.timeout(20_000),
      }),
    );
    accepted += 1;
    return id;
  };
  const done = Promise.all(Array.from({ length: count }, (_, index) => start(index)));
  // A refusal is thrown where `done` is awaited, also when that happens later.
  done.catch(() => undefined);
  return {
    get accepted() {
      return accepted;
    },
    done,
  };
}
