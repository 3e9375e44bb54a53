import type { Json } from '@treadle/workflow';

/** A text of a document that nobody checked; empty where something else stands. Numbers and booleans are taken as YAML writes them. */
export function textOf(value: Json | undefined): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}
