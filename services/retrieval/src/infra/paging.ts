import type { Listed } from '../domain/ports.js';

/** What is listed newest first. */
export interface Dated {
  readonly id: string;
  readonly createdAt: Date;
}

const lastId = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** A cursor is a moment and an id; a broken one begins at the start. PostgreSQL's microseconds are lost, so ids decide within a millisecond. */
export function readCursor(cursor: string): [moment: Date, id: string] {
  const [moment = '', id = ''] = cursor.split('_');
  const at = new Date(Number(moment));
  if (cursor === '' || Number.isNaN(at.getTime()) || !/^[0-9a-f-]{36}$/.test(id))
    return [new Date(8.64e15 / 1000), lastId];
  return [at, id];
}

/** Cuts a list that is one longer than its page, newest first. */
export function cutPage<T extends Dated>(found: readonly T[], limit: number): Listed<T> {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: found.length > limit && last ? `${last.createdAt.getTime()}_${last.id}` : '' };
}

/** A pattern for names that hold a text. */
export function likeOf(keyword: string): string {
  return `%${keyword.replace(/[\\%_]/g, '\\$&')}%`;
}
