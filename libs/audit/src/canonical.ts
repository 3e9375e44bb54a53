import type { AuditValue } from './entry.js';

/** One text for one value: names in order, no space, numbers and strings as JSON.stringify writes them (as RFC 8785 has it). */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null);
  const parts = Object.entries(value)
    .filter(([, one]) => one !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, one]) => `${JSON.stringify(name)}:${canonical(one)}`);
  return `{${parts.join(',')}}`;
}

/** Any value as plain data. What JSON leaves out is left out; texts lose what a database cannot hold: NUL and halves of characters. */
export function plain(value: unknown): AuditValue {
  const json = JSON.stringify(value, (_, one: unknown) => (typeof one === 'string' ? storable(one) : one));
  return json === undefined ? null : (JSON.parse(json, renameUnstorable) as AuditValue);
}

function renameUnstorable(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const names = Object.keys(value);
  if (names.every((name) => storable(name) === name)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [storable(name), one]));
}

function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD');
}
