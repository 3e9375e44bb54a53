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
 * too, and all that follows the container is done again. Where rounds build on each other the later ones are as well. So is whatever
 * has since assigned a variable that one of these had assigned: its value was built upon theirs.
 */
export function undoneFrom(plan: Plan, events: readonly RunEvent[], from: string): Undone {
  const rerun = new Rerun(new Places(plan), events);
  rerun.undo(from);
  const assigned = new Set<string>();
  // Whatever follows from a node came later than the node, so one look from the oldest on sees everything.
  for (const event of events) {
    if (event.type !== 'variables-assigned') continue;
    const variables = Object.keys(event.values).map((name) => `${event.owner}.${name}`);
    if (!rerun.has(event.key) && variables.some((variable) => assigned.has(variable))) rerun.undo(event.key);
    if (rerun.has(event.key)) for (const variable of variables) assigned.add(variable);
  }
  return rerun;
}

class Rerun implements Undone {
  private readonly nodes = new Set<string>();
  private readonly reopened = new Set<string>();
  /** By container: the last round that is not done again as a whole. */
  private readonly lastRounds = new Map<string, number>();
  /** Containers whose rounds do not build on each other. */
  private readonly independent = new Set<string>();

  constructor(
    private readonly places: Places,
    events: readonly RunEvent[],
  ) {
    for (const event of events) if (event.type === 'node-opened' && event.items) this.independent.add(event.key);
  }

  undo(from: string): void {
    this.nodes.add(from);
    for (let key = from; ; ) {
      const { scope, id } = splitKey(key);
      const place = this.places.find(scope);
      for (const follower of place ? followersOf(place.graph, id) : []) this.nodes.add(keyIn(scope, follower));
      if (!place?.round) return;
      const { key: container, index } = place.round;
      this.reopened.add(scope).add(container);
      const last = this.lastRounds.get(container) ?? index;
      if (!this.independent.has(container)) this.lastRounds.set(container, Math.min(last, index));
      key = container;
    }
  }

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
