import type { Page } from './api-types.js';

/** Everything a list holds, page by page, or its first `limit` elements. */
export async function readPages<T>(
  readPage: (cursor: string | undefined) => Promise<Page<T>>,
  limit = Number.POSITIVE_INFINITY,
): Promise<T[]> {
  const all: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await readPage(cursor);
    all.push(...page.items);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined && all.length < limit);
  return all.slice(0, limit);
}
