import type { RunStatus } from '@treadle/engine';
import type { Whose } from '../whose.js';
import type { RunFacts, RunProgress, StoredEntry } from './run-journal.js';

/** A run as its row tells it. */
export interface RunRow extends RunFacts, RunProgress {
  readonly workflowName: string;
}

export interface RunFilter {
  readonly tenantId: string;
  readonly workflowId?: string;
  readonly user?: string;
  /** A part of the end user's name or of the run's id. */
  readonly keyword?: string;
  /** Only runs that continue this one. */
  readonly originRunId?: string;
  readonly statuses: readonly RunStatus[];
  /** Milliseconds since the epoch. */
  readonly createdFrom?: number;
  readonly createdBefore?: number;
  /** Only runs older than this id. */
  readonly before?: string;
  readonly limit: number;
  /** How many to pass over. */
  readonly skip?: number;
}

/** Reads runs. Every question is bound to a tenant; another tenant's run does not exist. */
export interface RunRepository {
  find(tenantId: string, runId: string, whose?: Whose): Promise<RunRow | undefined>;
  /** Ids of the newest runs that continue this one, newest first. */
  continuations(tenantId: string, runId: string): Promise<string[]>;
  /** Newest first. */
  list(filter: RunFilter): Promise<RunRow[]>;
  /** How many fit, whatever the limit. */
  count(filter: RunFilter): Promise<number>;
  /** Journal entries that hold events numbered above `afterSequence`, oldest first; all of them without a limit. */
  entries(runId: string, afterSequence: number, limit?: number): Promise<StoredEntry[]>;
}

/** For whoever needs no more of it. */
export type FindRun = Pick<RunRepository, 'find'>;
