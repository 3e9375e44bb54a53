import type { Commit } from '../../domain/runs/run-journal.js';
import type { AppendPart } from './append-part.js';
import { closeApprovalsPart } from './close-approvals.part.js';
import { entriesPart } from './entries.part.js';
import { openApprovalsPart } from './open-approvals.part.js';
import { progressPart } from './progress.part.js';
import { startPart } from './start.part.js';
import { turnsPart } from './turns.part.js';
import { variablesPart } from './variables.part.js';

/** In the order in which the database is to do them. */
const parts: readonly AppendPart<unknown>[] = [
  startPart,
  progressPart,
  turnsPart,
  variablesPart,
  openApprovalsPart,
  closeApprovalsPart,
];

interface Statement {
  /** The same for every batch with rows for the same parts, so that Postgres plans it once. */
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
}

const texts = new Map<string, string>();

/**
 * One statement, so one round trip and one commit, for any number of decisions. An entry is written when its partition is still
 * owned under the named fence, its event number is free, and no part refuses it; only then do the parts take effect. A run's
 * events never race each other here: the primary key of the journal decides between two writers. Gives the ids of the runs
 * whose entries were written.
 */
export function appendStatement(batch: readonly Commit[]): Statement {
  const filled = parts.map((part) => ({ part, rows: batch.flatMap(part.rows) })).filter(({ rows }) => rows.length > 0);
  const used = [entriesPart, ...filled.map(({ part }) => part)];
  const name = `append ${used.map((part) => part.name).join(' ')}`;
  let text = texts.get(name);
  if (text === undefined) texts.set(name, (text = textOf(used)));
  const entries = { part: entriesPart, rows: batch.flatMap(entriesPart.rows) };
  return { name, text, values: [entries, ...filled].flatMap(({ part, rows }) => arraysOf(part, rows)) };
}

function textOf(used: readonly AppendPart<unknown>[]): string {
  let parameters = 0;
  const rowsOf = ({ name, columns }: AppendPart<unknown>) => {
    const arrays = Object.values(columns).map(({ type }) => `$${++parameters}::${type}[]`);
    return `${name} as (select * from unnest(${arrays.join(', ')}) as t(${Object.keys(columns).join(', ')}))`;
  };
  const guards = used.flatMap(({ guard }) => (guard ? [guard] : []));
  const expressions = [
    ...used.map(rowsOf),
    `fenced as (select e.* from entries e join partition_leases l on l.partition = e.partition and l.fence = e.fence)`,
    ...used.flatMap(({ before }) => (before ? [before] : [])),
    `written as (
      insert into journal (run_id, first_sequence, event_count, at, events)
      select f.run_id, f.first_sequence, f.event_count, f.at, f.events from fenced f
      ${guards.length > 0 ? `where ${guards.join(' and ')}` : ''}
      on conflict do nothing returning run_id
    )`,
    ...used.flatMap(({ after }) => (after ? [after] : [])),
  ];
  return `with ${expressions.join(',\n')}\nselect run_id from written`;
}

/** One array a column. */
function arraysOf({ columns }: AppendPart<unknown>, rows: readonly unknown[]): unknown[][] {
  return Object.values(columns).map(({ value }) => rows.map(value));
}
