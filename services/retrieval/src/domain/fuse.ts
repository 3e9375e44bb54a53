/** One list of a search: ids with scores, best first. */
export type Ranked = readonly { readonly id: string; readonly score: number }[];

/** How little a first place counts over a second one, as in the paper that proposed it. */
const rankDamping = 60;

/** Sums 1 / (60 + rank) over the lists, so that lists whose scores cannot be compared count alike. Best first, equal ones by id. */
export function byReciprocalRank(lists: readonly Ranked[]): Ranked {
  return summed(lists.map((list) => list.map(({ id }, index) => ({ id, score: 1 / (rankDamping + index + 1) }))));
}

export interface WeightedList {
  readonly list: Ranked;
  readonly weight: number;
  /** What a chunk scores that has nothing of what is looked for; absent where only the list can tell, by its worst. */
  readonly floor?: number;
}

/**
 * Sums weighted scores, each list's stretched so that its best is 1 and its floor 0: cosines of one model lie close together and those of
 * another far apart, and BM25 has no upper end. Best first, equal ones by id.
 */
export function byWeights(lists: readonly WeightedList[]): Ranked {
  return summed(
    lists.map(({ list, weight, floor }) => {
      const scores = list.map(({ score }) => score);
      const best = Math.max(...scores);
      const worst = floor ?? Math.min(...scores);
      const stretched = (score: number) => (best > worst ? (score - worst) / (best - worst) : 1);
      return list.map(({ id, score }) => ({ id, score: weight * stretched(score) }));
    }),
  );
}

function summed(lists: readonly Ranked[]): Ranked {
  const sums = new Map<string, number>();
  for (const list of lists) for (const { id, score } of list) sums.set(id, (sums.get(id) ?? 0) + score);
  return inOrder([...sums].map(([id, score]) => ({ id, score })));
}

/** Best first, equal ones by id. */
export function inOrder(list: Ranked): Ranked {
  return [...list].sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1));
}
