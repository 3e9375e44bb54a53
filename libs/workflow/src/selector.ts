import { isJsonObject, type Json } from './json.js';
import { partOfLarge, storedFacts } from './large-value.js';

/**
 * Points at a value of the run: `[node id, output name, ...path into it]`, or `[scope, name, ...path]` for a reserved scope.
 * Written `node.name.path` where a string is wanted.
 */
export type Selector = readonly [string, ...string[]];

/** Scopes that are not nodes. `inputs` holds what the caller gave; only the start node reads it. */
export const reservedScopes = ['sys', 'env', 'conversation', 'inputs'] as const;

/** The names in the scope `sys`: facts of the run and its conversation. */
export const sysNames = [
  'query',
  'files',
  'conversation_id',
  'user_id',
  'dialogue_count',
  'app_id',
  'workflow_id',
  'workflow_run_id',
  'timestamp',
] as const;

export function isReservedScope(name: string): boolean {
  return (reservedScopes as readonly string[]).includes(name);
}

export function selectorText(selector: Selector): string {
  return selector.join('.');
}

/** Walks a path into a value. Arrays have no path; what is not there is `undefined`. Behind a large value's reference it goes on as one. */
export function valueAt(value: Json | undefined, path: readonly string[]): Json | undefined {
  let current = value;
  for (const [depth, name] of path.entries()) {
    if (!isJsonObject(current)) return undefined;
    const stored = storedFacts(current);
    if (stored) return partOfLarge(stored, path.slice(depth));
    if (!Object.hasOwn(current, name)) return undefined;
    current = current[name];
  }
  return current;
}
