import { isJsonObject, type Json, largeFacts, type StoredValue, storedFacts } from '@treadle/workflow';
import type { RunEvent } from './event.js';

const moments = ['deadlineAt', 'dueAt', 'wakeAt'] as const;

/** Whether a decided event is the one that was recorded, as JSON: members without a value do not count. */
export function isSameEvent(decided: RunEvent, recorded: RunEvent): boolean {
  return sameValue(decided as unknown as Json, recorded as unknown as Json);
}

/** By how many milliseconds the recorded event names its moments later than the decided one; 0 when it does not. */
export function momentShift(decided: RunEvent, recorded: RunEvent): number {
  if (decided.type !== recorded.type) return 0;
  const [before, after] = [decided, recorded] as unknown as Readonly<Record<string, number | undefined>>[];
  for (const name of moments) {
    const shift = (after?.[name] ?? 0) - (before?.[name] ?? 0);
    if (shift !== 0) return shift;
  }
  return 0;
}

function sameValue(decided: Json | undefined, recorded: Json | undefined): boolean {
  if (decided === recorded) return true;
  const stored = storedFacts(recorded);
  if (stored) return sameLarge(decided, stored);
  if (isList(decided)) {
    if (!isList(recorded) || decided.length !== recorded.length) return false;
    return decided.every((item, index) => sameValue(item, recorded[index]));
  }
  if (!isJsonObject(decided) || !isJsonObject(recorded)) return false;
  const names = new Set([...Object.keys(decided), ...Object.keys(recorded)]);
  return [...names].every((name) => sameValue(decided[name], recorded[name]));
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** What was put into the file store after the decision is known by its size only; what had been there before, by its name. */
function sameLarge(decided: Json | undefined, recorded: StoredValue): boolean {
  const before = largeFacts(decided);
  if (before && 'key' in before) return before.key === recorded.key && sameValue(before.path, recorded.path);
  if (before) return before.bytes === recorded.bytes;
  return decided !== undefined && new TextEncoder().encode(JSON.stringify(decided)).length === recorded.bytes;
}
