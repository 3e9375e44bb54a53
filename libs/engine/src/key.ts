/**
 * Where nodes run: a scope is `''` at the top level and `<container key>[<round>]` inside a round of a container. A node's key is
 * its id, behind its scope and a `/` where it has one: `each[3]/loop[0]/llm`. Ids hold neither brackets nor slashes.
 */
export function keyIn(scope: string, id: string): string {
  return scope === '' ? id : `${scope}/${id}`;
}

/** The scope of one round of a container. */
export function scopeOfRound(container: string, index: number): string {
  return `${container}[${index}]`;
}

export function splitKey(key: string): { readonly scope: string; readonly id: string } {
  const at = key.lastIndexOf('/');
  return at < 0 ? { scope: '', id: key } : { scope: key.slice(0, at), id: key.slice(at + 1) };
}

/** The container of a scope's round and the round's number; `undefined` for the top level and for what is no scope. */
export function splitScope(scope: string): { readonly container: string; readonly index: number } | undefined {
  const at = scope.lastIndexOf('[');
  if (at <= 0 || !scope.endsWith(']')) return undefined;
  return { container: scope.slice(0, at), index: Number(scope.slice(at + 1, -1)) };
}
