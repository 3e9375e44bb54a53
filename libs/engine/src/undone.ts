import type { Graph, Plan } from '@treadle/workflow';
import type { RunEvent } from './event.js';
import { keyIn, splitKey, splitScope } from './key.js';
import { Places } from './place.js';

/** Which part of what a run has finished is done again. */
export interface Undone {
  /** Whether the node with that key is, or something that it runs inside of. */
  has(key: string): boolean;
  /** Whether a round is done again from its beginning, or not at all. */
  hasRound(container: string, index: number): boolean;
  /** Whether a container, or a round by its scope, goes on though it was over. */
  reopens(keyOrScope: string): boolean;
}

export const nothingUndone: Undone = { has: () => false, hasRound: () => false, reopens: () => false };

/**
 * What a rerun from a node does again: the node and all that follows it in its graph. Around it the round goes on, the container
 * too, and all that follows the container is done again. Where rounds build on each other the later ones are as well.
 */
export function undoneFrom(plan: Plan, events: Iterable<RunEvent>, from: string): Undone {
  const independent = new Set<string>();
  for (const event of events) if (event.type === 'node-opened' && event.items) independent.add(event.key);
  const places = new Places(plan);
  const nodes = new Set([from]);
  const reopened = new Set<string>();
  const lastRounds = new Map<string, number>();
  for (let key: string | undefined = from; key !== undefined; ) {
    const { scope, id } = splitKey(key);
    const place = places.find(scope);
    for (const follower of place ? followersOf(place.graph, id) : []) nodes.add(keyIn(scope, follower));
    key = place?.round?.key;
    if (key === undefined || !place?.round) break;
    reopened.add(scope).add(key);
    if (!independent.has(key)) lastRounds.set(key, place.round.index);
  }
  return new Rerun(nodes, reopened, lastRounds);
}

class Rerun implements Undone {
  constructor(
    private readonly nodes: ReadonlySet<string>,
    private readonly reopened: ReadonlySet<string>,
    private readonly lastRounds: ReadonlyMap<string, number>,
  ) {}

  has(key: string): boolean {
    if (this.nodes.has(key)) return true;
    const round = splitScope(splitKey(key).scope);
    return round !== undefined && this.hasRound(round.container, round.index);
  }

  hasRound(container: string, index: number): boolean {
    return index > (this.lastRounds.get(container) ?? index) || this.has(container);
  }

  reopens(keyOrScope: string): boolean {
    return this.reopened.has(keyOrScope);
  }
}

/** Ids of all nodes that a path from this one leads to. */
function followersOf(graph: Graph, id: string): Set<string> {
  const found = new Set<string>();
  const open = [id];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const { target } of graph.nodes.get(next)?.outgoing ?? []) {
      if (found.has(target)) continue;
      found.add(target);
      open.push(target);
    }
  }
  return found;
}
