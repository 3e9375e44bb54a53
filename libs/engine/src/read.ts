import { type Read, valueAt } from '@treadle/workflow';
import type { RunState } from './state.js';

/** Reads values of a run by selector. What an untaken branch would have given is `undefined`. */
export function readFrom(state: Pick<RunState, 'scopes' | 'nodes'>): Read {
  return ([owner, ...path]) => {
    const outputs = state.nodes.get(owner)?.outputs;
    if (outputs) return valueAt(outputs, path);
    return Object.hasOwn(state.scopes, owner)
      ? valueAt(state.scopes[owner as keyof typeof state.scopes], path)
      : undefined;
  };
}
