/** A share of the calls, and a place in the order. */
export interface Weighted {
  readonly provider: string;
  readonly model: string;
  readonly weight: number;
  readonly order: number;
}

/**
 * The targets in the order in which they are asked: by `order`, and within one order so that the same key always finds the same
 * target first, each as often as its weight says (rendezvous hashing: changing one weight moves only the calls it must).
 * Targets without weight come last in their order, as listed.
 */
export function inOrder<Target extends Weighted>(targets: readonly Target[], key: () => string): readonly Target[] {
  if (targets.length < 2) return targets;
  const needsKey = targets.filter(({ weight }) => weight > 0).length > 1;
  const wanted = needsKey ? key() : '';
  const scored = targets.map((target, place) => ({ target, place, score: score(target, wanted) }));
  scored.sort((a, b) => a.target.order - b.target.order || compare(a.score, b.score) || a.place - b.place);
  return scored.map(({ target }) => target);
}

/** Smaller is earlier. */
function score({ provider, model, weight }: Weighted, key: string): number {
  if (weight <= 0) return Number.POSITIVE_INFINITY;
  return -Math.log(fraction(`${key}\n${provider}\n${model}`)) / weight;
}

function compare(a: number, b: number): number {
  return a === b ? 0 : a - b;
}

/** A number above 0 and below 1 that looks random but depends on the text alone: FNV-1a with the last steps of Murmur. */
function fraction(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (((hash ^ (hash >>> 16)) >>> 0) + 0.5) / 2 ** 32;
}
