import type { RunFacts } from '../domain/runs/run-journal.js';

/** The columns of a run's row that tell which run it continues; both are null where it continues none. */
export interface OriginColumns {
  readonly origin_run_id: string | null;
  readonly origin_kind: string | null;
}

/** The same as a run's facts hold it. */
export function originOf({ origin_run_id: run, origin_kind: kind }: OriginColumns): Pick<RunFacts, 'origin'> {
  return run === null ? {} : { origin: { run, kind: kind === 'rerun' ? 'rerun' : 'resume' } };
}
