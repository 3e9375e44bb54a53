import type { Commit } from '../../domain/runs/run-journal.js';

/** A column of a part's rows: its Postgres type, and its value in a row. */
interface Column<Row> {
  readonly type: string;
  readonly value: (row: Row) => unknown;
}

/**
 * A share of the statement that appends to the journal: rows taken from the batch, and what the database does with them. A part
 * without rows is left out of the statement. Its SQL sees its own rows under its `name` and can use
 * - `fenced`: the entries whose partition is owned under the named fence (`run_id, partition, first_sequence, event_count, at, events`),
 * - `written`: the entries that were written (`run_id`), in `after` only.
 */
export interface AppendPart<Row> {
  readonly name: string;
  readonly rows: (commit: Commit) => readonly Row[];
  readonly columns: Readonly<Record<string, Column<Row>>>;
  /** Common table expressions that come before the entries are written. */
  readonly before?: string;
  /** What must be true of an entry `f` to be written. */
  readonly guard?: string;
  /** Common table expressions that follow from what was written. */
  readonly after?: string;
}

/** Ties the type of a part's rows to its columns. */
export function appendPart<Row>(part: AppendPart<Row>): AppendPart<unknown> {
  return part as AppendPart<unknown>;
}

/** The moment as Postgres reads it, or null when there is none. */
export function moment(unixMs: number | undefined): string | null {
  return unixMs === undefined ? null : new Date(unixMs).toISOString();
}
