import { byReciprocalRank, byWeights, inOrder, type Ranked } from './fuse.js';
import type { SearchSettings } from './search-settings.js';

export type ListKind = 'semantic' | 'full_text';

/** What a search found, by meaning and by words, and what comes of it. */
export class CandidateLists {
  private readonly lists: Record<ListKind, Map<string, number>> = { semantic: new Map(), full_text: new Map() };
  private readonly fusedScores = new Map<string, number>();

  constructor(private readonly settings: SearchSettings) {}

  /** Lists of several datasets are put together by score. */
  add(kind: ListKind, list: Ranked): void {
    for (const { id, score } of list) this.lists[kind].set(id, score);
  }

  /** Ids that were found by words among the best, and not by meaning. */
  withoutMeaning(): string[] {
    const { candidates } = this.settings;
    const best = inOrder(entries(this.lists.full_text)).slice(0, candidates);
    return best.flatMap(({ id }) => (this.lists.semantic.has(id) ? [] : [id]));
  }

  /** The scores of one chunk by the list that gave them. */
  scoresOf(id: string): Record<string, number> {
    const given = { ...this.lists, fused: this.fusedScores };
    return Object.fromEntries(
      Object.entries(given).flatMap(([kind, scores]) => {
        const score = scores.get(id);
        return score === undefined ? [] : [[kind, score]];
      }),
    );
  }

  /** Best first. */
  fused(): Ranked {
    const { method, fusion, semantic_weight: weight } = this.settings;
    const semantic = inOrder(entries(this.lists.semantic));
    const words = inOrder(entries(this.lists.full_text));
    if (method !== 'hybrid' || semantic.length === 0 || words.length === 0)
      return semantic.length > 0 ? semantic : words;
    const wanted = this.wanted(semantic, words);
    const [near, said] = [semantic, words].map((list) => list.filter(({ id }) => wanted.has(id)));
    const fused =
      fusion === 'weighted'
        ? byWeights([
            { list: near ?? [], weight },
            { list: said ?? [], weight: 1 - weight, floor: 0 },
          ])
        : byReciprocalRank([near ?? [], said ?? []]);
    for (const { id, score } of fused) this.fusedScores.set(id, score);
    return fused;
  }

  private wanted(...lists: readonly Ranked[]): ReadonlySet<string> {
    return new Set(lists.flatMap((list) => list.slice(0, this.settings.candidates).map(({ id }) => id)));
  }
}

function entries(scores: ReadonlyMap<string, number>): Ranked {
  return [...scores].map(([id, score]) => ({ id, score }));
}
