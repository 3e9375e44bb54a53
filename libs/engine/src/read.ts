import {
  type Json,
  type JsonObject,
  type LargeValue,
  type Plan,
  partOfLarge,
  type Read,
  storedFacts,
  valueAt,
} from '@treadle/workflow';
import { splitKey } from './key.js';
import { type Place, Places, type Round } from './place.js';
import { nodeStateAt, type RunState } from './state.js';

type Readable = Pick<RunState, 'scopes' | 'frames'>;

/** Reads values of a run by selector, as the node with that key sees them. What an untaken branch would have given is `undefined`. */
export function readFrom(plan: Plan, state: Readable, key: string): Read {
  const place = new Places(plan).find(splitKey(key).scope);
  return place ? readIn(place, state) : () => undefined;
}

/**
 * Reads as a node of that place does: from its own scope, then from the container around it under the container's id, and so on
 * outwards. A workflow run inside another one sees nothing beyond its own.
 */
export function readIn(place: Place, state: Readable): Read {
  return ([owner, ...path]) => {
    for (let at: Place | undefined = place; at; at = at.round?.outside) {
      const outputs = state.frames.get(at.scope)?.nodes.get(owner)?.outputs;
      if (outputs) return valueAt(outputs, path);
      const { round, graph } = at;
      if (!round) break;
      if (graph.environment && owner !== 'sys') return valueAt(ownScopes(round, state), [owner, ...path]);
      if (round.container.id === owner) return valueAt(localsOf(round, state), path);
    }
    return Object.hasOwn(state.scopes, owner)
      ? valueAt(state.scopes[owner as keyof typeof state.scopes], path)
      : undefined;
  };
}

/** What a round sees under its container's id. */
function localsOf({ key, index }: Round, state: Readable): JsonObject {
  const { items, variables = {} } = nodeStateAt(state, key)?.rounds ?? {};
  return { index, ...(items ? { item: itemAt(items, index) } : {}), ...variables };
}

function itemAt(items: readonly Json[] | LargeValue, index: number): Json {
  const stored = storedFacts(items);
  return stored ? partOfLarge(stored, [String(index)]) : ((items as readonly Json[])[index] ?? null);
}

/** The scopes of a workflow that is run inside another one: its container's variables, and what it brings itself. */
function ownScopes({ key, container }: Round, state: Readable): JsonObject {
  return { ...nodeStateAt(state, key)?.rounds?.variables, env: container.body?.environment ?? {} };
}
