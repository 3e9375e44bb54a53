import type { Graph, Plan, PlanNode } from '@treadle/workflow';
import { splitKey, splitScope } from './key.js';

/** A graph where it runs: at the top level, or as a round of the container around it. */
export interface Place {
  readonly scope: string;
  readonly graph: Graph;
  readonly round?: Round;
}

/** Which round of which container a place is. */
export interface Round {
  readonly container: PlanNode;
  /** Key of the container. */
  readonly key: string;
  readonly index: number;
  /** Where the container stands. */
  readonly outside: Place;
}

/** Finds the graph behind a scope. Remembers what it has found, so it is made anew for each decision. */
export class Places {
  private readonly found = new Map<string, Place>();

  constructor(plan: Plan) {
    this.found.set('', { scope: '', graph: plan });
  }

  /** The place of a scope; `undefined` when the plan has none. */
  find(scope: string): Place | undefined {
    const found = this.found.get(scope);
    if (found) return found;
    const round = splitScope(scope);
    const inner = round && splitKey(round.container);
    const outside = inner && this.find(inner.scope);
    const container = inner && outside?.graph.nodes.get(inner.id);
    if (!container?.body || !round || !outside) return undefined;
    const place = {
      scope,
      graph: container.body,
      round: { container, key: round.container, index: round.index, outside },
    };
    this.found.set(scope, place);
    return place;
  }
}

/** The node of a plan that runs under a key; `undefined` when there is none. */
export function planNodeAt(plan: Plan, key: string): PlanNode | undefined {
  const { scope, id } = splitKey(key);
  return new Places(plan).find(scope)?.graph.nodes.get(id);
}
