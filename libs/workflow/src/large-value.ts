import { isJsonObject, type Json } from './json.js';

/**
 * Stands for a value that is too large to travel with a run: `{ "$large": { key, bytes, … } }`. The engine hands such references on
 * and never looks behind them; executors read the values back before they work.
 */
export type LargeValue = { readonly [largeMark]: StoredValue | JoinedValue };

export const largeMark = '$large';

/** A value in the file store. */
export type StoredValue = {
  /** Where it is, below the folder of its tenant. Names the hash of its content, so nobody guesses one. */
  readonly key: string;
  /** Size of all of it as JSON, in bytes. */
  readonly bytes: number;
  /** How many items it has; absent when it is no list. */
  readonly items?: number;
  /** The part of it that is meant; absent for all of it. Items of a list are named by their index. */
  readonly path?: readonly string[];
};

/** Texts one behind the other, of which some are stored: what the engine cannot join itself. Its host does so before it is kept. */
export type JoinedValue = { readonly joined: readonly Json[]; readonly bytes: number };

/** Values whose JSON is larger than this many bytes travel by reference. */
export const inlineBytes = 256 * 1024;

/** What a reference says; `undefined` for every other value. */
export function largeFacts(value: Json | undefined): StoredValue | JoinedValue | undefined {
  if (!isJsonObject(value)) return undefined;
  const facts = value[largeMark];
  return isJsonObject(facts) && Object.keys(value).length === 1 ? (facts as StoredValue | JoinedValue) : undefined;
}

/** The same for references into the store. */
export function storedFacts(value: Json | undefined): StoredValue | undefined {
  const facts = largeFacts(value);
  return facts && 'key' in facts ? facts : undefined;
}

/** The first reference in a value, at whatever depth; `undefined` when all of it is there. */
export function largeIn(value: Json | undefined): StoredValue | JoinedValue | undefined {
  const facts = largeFacts(value);
  if (facts || typeof value !== 'object' || value === null) return facts;
  for (const part of Object.values(value as Readonly<Record<string, Json>>)) {
    const inside = largeIn(part);
    if (inside) return inside;
  }
  return undefined;
}

/** Whether a value has a member that looks like a reference: from outside nobody may send one. */
export function mentionsLarge(value: Json): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (isJsonObject(value) && Object.hasOwn(value, largeMark)) return true;
  return Object.values(value as Readonly<Record<string, Json>>).some(mentionsLarge);
}

/** The same value with each reference replaced by what the function makes of it. Parts without one stay the very same. */
export function mapLarge(value: Json, map: (facts: StoredValue | JoinedValue) => Json): Json {
  const facts = largeFacts(value);
  if (facts) return map(facts);
  if (typeof value !== 'object' || value === null || !largeIn(value)) return value;
  if (Array.isArray(value)) return (value as readonly Json[]).map((item) => mapLarge(item, map));
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, mapLarge(part, map)]));
}

/** A part of a large value, as a reference of its own. */
export function partOfLarge(facts: StoredValue, path: readonly string[]): LargeValue {
  const { key, bytes } = facts;
  return { [largeMark]: { key, bytes, path: [...(facts.path ?? []), ...path] } };
}
