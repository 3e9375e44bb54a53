const hourMs = 3_600_000;

/** Beyond this many, moments that are left out are no longer counted one by one. */
const mostCounted = 1000;

export interface DueMoments {
  /** Oldest first. */
  readonly moments: readonly number[];
  /** How many older ones were left out, counted up to 1000. */
  readonly dropped: number;
}

/**
 * The newest moments of a schedule that have come, `from` (one of them) to `until`. Looks back from the present in growing steps, so
 * that a schedule of every minute costs no more after a year than after a day.
 * @param next gives the first moment after another
 */
export function dueMoments(
  next: (after: number) => number | undefined,
  from: number,
  until: number,
  limit: number,
): DueMoments {
  let found: number[];
  let start: number;
  let back = hourMs;
  do {
    start = Math.max(from, until - back);
    found = momentsFrom(next, start, until);
    back *= 4;
  } while (start > from && found.length < limit);
  const moments = found.slice(-limit);
  const [oldest = until] = moments;
  return { moments, dropped: momentsFrom(next, from, oldest - 1, mostCounted).length };
}

/** The moments from one moment to another, both included, at most `most` of them. */
function momentsFrom(
  next: (after: number) => number | undefined,
  from: number,
  until: number,
  most = Number.POSITIVE_INFINITY,
): number[] {
  const moments: number[] = [];
  for (let at = next(from - 1); at !== undefined && at <= until && moments.length < most; at = next(at))
    moments.push(at);
  return moments;
}
