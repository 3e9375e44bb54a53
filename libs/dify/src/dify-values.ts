import { isJsonObject, type Json } from '@treadle/workflow';

/** Number and text both occur as ids; `[start id, "sys.query"]` is how the first versions wrote `["sys", "query"]`. */
export function selectorOf(value: Json | undefined): Json[] {
  const parts = listOf(value).map((part) => (typeof part === 'number' ? String(part) : part));
  const name = parts[1];
  return typeof name === 'string' && name.startsWith('sys.')
    ? ['sys', ...name.slice(4).split('.'), ...parts.slice(2)]
    : parts;
}

/** A variable with a name of its own, and where it comes from. */
export function namedSelector(item: Json): Json {
  return isJsonObject(item) ? { ...item, value_selector: selectorOf(item.value_selector) } : item;
}

export function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

/** Number and text both occur; everything else is as good as nothing. */
export function textOf(value: Json | undefined): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
