import type { RunProgress } from '../../domain/runs/run-journal.js';
import { appendPart, moment } from './append-part.js';

/** What a decision changes in its run's row. A run that starts takes it with the row itself. */
export const progressPart = appendPart<RunProgress & { readonly runId: string }>({
  name: 'progress',
  rows: ({ runId, progress }) => (progress ? [{ runId, ...progress }] : []),
  columns: {
    run_id: { type: 'uuid', value: (move) => move.runId },
    status: { type: 'text', value: (move) => move.status },
    finished_at: { type: 'timestamptz', value: (move) => moment(move.finishedAt) },
    failure: { type: 'text', value: ({ failure }) => (failure ? JSON.stringify(failure) : null) },
    input_tokens: { type: 'int', value: (move) => move.inputTokens },
    output_tokens: { type: 'int', value: (move) => move.outputTokens },
    wake_at: { type: 'timestamptz', value: (move) => moment(move.wakeAt) },
  },
  after: `moved as (
    update runs r set status = p.status, finished_at = p.finished_at, failure = p.failure,
      input_tokens = p.input_tokens, output_tokens = p.output_tokens, wake_at = p.wake_at
    from progress p join written using (run_id) where r.id = p.run_id
  )`,
});
