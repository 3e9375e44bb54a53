import { inlineBytes } from '@treadle/workflow';

/** One of several values that travel together. */
export interface Member {
  readonly name: string;
  /** Size as JSON, in bytes. */
  readonly bytes: number;
  /** `must` go: what looks like a reference and is none. `cannot`: what holds references, which are read back one level deep. */
  readonly away: 'must' | 'may' | 'cannot';
}

/** Smaller than this a value is not worth a file. */
const smallestBytes = 1024;

/** The names of the members that are put away, the largest first, until the rest is small enough to travel. */
export function chooseLarge(members: readonly Member[]): ReadonlySet<string> {
  const chosen = new Set<string>();
  let rest = 0;
  for (const { name, bytes, away } of members) {
    if (away === 'must') chosen.add(name);
    else rest += bytes;
  }
  const candidates = members.filter(({ away, bytes }) => away === 'may' && bytes >= smallestBytes);
  for (const { name, bytes } of candidates.sort((a, b) => b.bytes - a.bytes)) {
    if (rest <= inlineBytes) break;
    chosen.add(name);
    rest -= bytes;
  }
  return chosen;
}
