import type { Term } from '@treadle/words';

/** How much more a term counts at the very beginning of a text than far in it: texts begin with what they are about. */
const beginning = 2;
/** What two words must have in common at their beginnings, of the length of both, and what that counts at most beside the same stem. */
const alikeFrom = 0.6;
const alikeAtMost = 0.5;
/** The share of the nearness of the whole texts; the rest is that of terms. */
const nearnessShare = 0.125;

/** What a text has of one term of a query. */
export interface Match {
  /** It has a word with the same stem. */
  readonly same: boolean;
  /** From 0 for nothing to 1 for the same stem at its beginning. */
  readonly strength: number;
}

export interface ReadText {
  /** For each term of the query, in its order. */
  readonly matches: readonly Match[];
  /** Cosine of the query and the text. */
  readonly nearness: number;
}

/** The best that a text has of each term that is asked for: its first word with the same stem, else one that begins alike. */
export function matchesOf(asked: readonly Term[], text: readonly Term[]): Match[] {
  const places = new Map<string, number>();
  for (const [place, { stem }] of text.entries()) if (!places.has(stem)) places.set(stem, place);
  const words = new Set(text.map(({ word }) => word));
  return asked.map(({ word, stem }) => {
    const place = places.get(stem);
    if (place !== undefined) return { same: true, strength: (1 + beginning / (1 + place)) / (1 + beginning) };
    let alike = 0;
    for (const other of words) alike = Math.max(alike, likeness(word, other));
    const beyond = Math.max(0, alike - alikeFrom) / (1 - alikeFrom);
    return { same: false, strength: (alikeAtMost * beyond) / (1 + beginning) };
  });
}

/**
 * How well texts answer one query, 1 at best. Terms that few of the texts have count more. More of a term in a text never lowers its score.
 * @param texts all that are compared, whose `matches` are of the same terms.
 */
export function scoresOf(texts: readonly ReadText[]): number[] {
  const rarities = (texts[0]?.matches ?? []).map((_, term) => {
    const having = texts.filter(({ matches }) => matches[term]?.same).length;
    return 1 + Math.log((texts.length + 1) / (having + 1));
  });
  const all = rarities.reduce((sum, rarity) => sum + rarity, 0);
  return texts.map(({ matches, nearness }) => {
    const said = matches.reduce((sum, { strength }, term) => sum + strength * (rarities[term] ?? 0), 0);
    return nearnessShare * nearness + (all > 0 ? (1 - nearnessShare) * (said / all) : 0);
  });
}

/** The beginning that two words have in common, of the length of both: 0 to 1. */
function likeness(one: string, other: string): number {
  let common = 0;
  while (common < one.length && one[common] === other[common]) common += 1;
  return (2 * common) / (one.length + other.length);
}
