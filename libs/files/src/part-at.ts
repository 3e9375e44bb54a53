import { isJsonObject, type Json } from '@treadle/workflow';

/** Walks a path into a value: members by name, items of a list by index. What is not there is null. */
export function partAt(value: Json, path: readonly string[] = []): Json {
  let current = value;
  for (const name of path) {
    if (Array.isArray(current)) current = (current as readonly Json[])[Number(name)] ?? null;
    else if (isJsonObject(current) && Object.hasOwn(current, name)) current = current[name] ?? null;
    else return null;
  }
  return current;
}
