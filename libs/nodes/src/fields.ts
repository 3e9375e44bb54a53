import { type Json, type Read, type Reference, type Selector, selectorsOf } from '@treadle/workflow';
import { z } from 'zod';

/** Points at a value of the run: node or scope, name, path into it. */
export const selectorSchema = z.tuple([z.string().min(1)], z.string().min(1));

/** A selector that editors write as an empty list while nothing is chosen. */
export const optionalSelectorSchema = z.union([selectorSchema, z.tuple([])]);

/** A name for a value and where it comes from. */
export const namedSelectorSchema = z.object({
  variable: z.string().min(1).max(100),
  value_selector: optionalSelectorSchema,
});

/** The reference of a field that holds a selector; none while nothing is chosen. */
export function selectorReference(selector: Selector | readonly [], field: string): Reference[] {
  return isChosen(selector) ? [{ selector, field }] : [];
}

/** The same for a value that is handed on as it is. */
export function handedOnReference(selector: Selector | readonly [], field: string): Reference[] {
  return isChosen(selector) ? [{ selector, field, handedOn: true }] : [];
}

/** The references inside a text. */
export function textReferences(text: string, field: string): Reference[] {
  return selectorsOf(text).map((selector) => ({ selector, field }));
}

export function isChosen(selector: Selector | readonly []): selector is Selector {
  return selector.length > 0;
}

/** The values of named selectors by their names; what has no value is left out. */
export function namedValues(
  variables: readonly z.infer<typeof namedSelectorSchema>[],
  read: Read,
): Record<string, Json> {
  const values: [string, Json][] = [];
  for (const { variable, value_selector } of variables) {
    const value = isChosen(value_selector) ? read(value_selector) : undefined;
    if (value !== undefined) values.push([variable, value]);
  }
  return Object.fromEntries(values);
}
