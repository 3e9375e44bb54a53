import { type Failure, failure } from '@treadle/failure';
import { type Assignment, isJsonObject, type Json, largeIn } from '@treadle/workflow';
import { excessOf } from './conversation-size.js';
import { tooLarge } from './large.js';
import type { Place } from './place.js';
import { nodeStateAt, type RunState } from './state.js';

type Values = Record<string, Json>;

/**
 * The new values of variables, by who has the variables: `conversation`, or the key of a container. All of them or none: a variable that
 * cannot be written, or a conversation that would grow too large, is a failure.
 */
export function assigned(
  state: RunState,
  place: Place,
  assigns: readonly Assignment[],
): { readonly byOwner: ReadonlyMap<string, Values> } | { readonly failure: Failure } {
  const byOwner = new Map<string, Values>();
  for (const { selector, value } of assigns) {
    const [scope, name = ''] = selector;
    const owner = ownerOf(place, scope);
    if (owner === undefined) return { failure: notWritable(scope) };
    const large = owner.key === 'conversation' && largeIn(value);
    if (large) return { failure: tooLarge({ reference: { selector, field: name }, bytes: large.bytes }) };
    const values = byOwner.get(owner.key) ?? {};
    byOwner.set(owner.key, values);
    if (owner.within === undefined) values[name] = value;
    else {
      const before = values[owner.within] ?? nodeStateAt(state, owner.key)?.rounds?.variables[owner.within];
      values[owner.within] = { ...(isJsonObject(before) ? before : {}), [name]: value };
    }
  }
  const written = byOwner.get('conversation');
  const tooBig = written && excessOf({ ...state.scopes.conversation, ...written });
  return tooBig ? { failure: tooBig } : { byOwner };
}

/** Whose variables a scope's are. A workflow run inside another one keeps its conversation's as one variable of its node. */
function ownerOf(place: Place, scope: string): { readonly key: string; readonly within?: string } | undefined {
  for (let at: Place | undefined = place; at?.round; at = at.round.outside) {
    if (at.graph.environment) return scope === 'conversation' ? { key: at.round.key, within: scope } : undefined;
    if (at.round.container.id === scope) return { key: at.round.key };
  }
  return scope === 'conversation' ? { key: scope } : undefined;
}

function notWritable(scope: string): Failure {
  const message = `"${scope}" has no variables that this node can write. Choose one of the conversation, or of a loop around the node.`;
  return failure('node_configuration', message);
}
