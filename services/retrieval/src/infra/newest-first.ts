import { type Connections, withDatabase } from '@treadle/persistence';
import type { Listed, Page } from '../domain/ports.js';
import { cutPage, type Dated, readCursor } from './paging.js';

/** What is listed: rows of a table under an alias that has `created_at` and `id`. */
export interface ListStatement {
  readonly columns: string;
  readonly table: string;
  readonly alias: string;
  /** Conditions on the values, as `$1` and so on. */
  readonly where: string;
  readonly values: readonly unknown[];
}

/** One page of what there is, newest first: by its cursor, or by its number together with the total. */
export async function newestFirst<Row extends object, T extends Dated>(
  pool: Connections,
  { columns, table, alias, where, values }: ListStatement,
  { cursor, limit, number }: Page,
  toItem: (row: Row) => T,
): Promise<Listed<T>> {
  const moment = `date_trunc('milliseconds', ${alias}.created_at)`;
  const order = `order by ${moment} desc, ${alias}.id desc`;
  const [a, b, c] = [1, 2, 3].map((place) => `$${values.length + place}`);
  const ask = async <R extends object>(statement: string, ...more: unknown[]) =>
    (await withDatabase(() => pool.query<R>(statement, [...values, ...more]))).rows;
  if (number === 0) {
    const statement = `select ${columns} from ${table} where ${where} and (${moment}, ${alias}.id) < (${a}, ${b}) ${order} limit ${c}`;
    return cutPage((await ask<Row>(statement, ...readCursor(cursor), limit + 1)).map(toItem), limit);
  }
  const statement = `select ${columns} from ${table} where ${where} ${order} limit ${a} offset ${b}`;
  const rows = await ask<Row>(statement, limit, (number - 1) * limit);
  const [counted] = await ask<{ total: number }>(`select count(*) total from ${table} where ${where}`);
  return { items: rows.map(toItem), nextCursor: '', total: counted?.total ?? 0 };
}
