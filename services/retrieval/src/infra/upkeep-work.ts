import type { Pool } from 'pg';
import { MendStore } from '../domain/mend-store.js';
import { RebuildSpace, type RebuildSpaceParts } from '../domain/rebuild-space.js';
import { forgetRemovals } from './forget-removals.js';

export interface UpkeepWorkParts extends Omit<RebuildSpaceParts, 'leaseMs'> {
  readonly pool: Pool;
  readonly indexLeaseMs: number;
  readonly indexPollMs: number;
}

const minuteMs = 60_000;
/** How long it is remembered which points are gone, for those who hold a copy. */
const removalsMs = 60 * minuteMs;

/** What keeps the vector store in order, with how often it is looked for. */
export function upkeepWork({ pool, indexLeaseMs, indexPollMs: everyMs, ...parts }: UpkeepWorkParts) {
  const mending = new MendStore(parts);
  const rebuilding = new RebuildSpace({ ...parts, leaseMs: indexLeaseMs });
  const rebuild = async (stop: AbortSignal) => {
    while (!stop.aborted && (await rebuilding.next(stop)));
  };
  return [
    { what: 'mending the vector store', everyMs, work: (stop: AbortSignal) => mending.mend(stop) },
    { what: 'rebuilding the vector store', everyMs, work: rebuild },
    { what: 'forgetting removals', everyMs: 10 * minuteMs, work: () => forgetRemovals(pool, removalsMs) },
  ];
}
