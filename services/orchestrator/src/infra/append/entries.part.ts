import type { Commit } from '../../domain/runs/run-journal.js';
import { appendPart, moment } from './append-part.js';

/** The journal's own rows, and the fence under which they may be written. */
export const entriesPart = appendPart<Commit>({
  name: 'entries',
  rows: (commit) => [commit],
  columns: {
    run_id: { type: 'uuid', value: (commit) => commit.runId },
    partition: { type: 'smallint', value: (commit) => commit.partition },
    fence: { type: 'bigint', value: (commit) => commit.fence },
    first_sequence: { type: 'int', value: (commit) => commit.firstSequence },
    event_count: { type: 'int', value: (commit) => commit.eventCount },
    at: { type: 'timestamptz', value: (commit) => moment(commit.at) },
    events: { type: 'text', value: (commit) => commit.eventsJson },
  },
});
