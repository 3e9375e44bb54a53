import { isJsonObject, type Json, largeFacts } from '@treadle/workflow';

/** Types of variables, as documents name them: `string`, `number`, `boolean`, `object`, `file`, and `array[…]` of one of them. */
const elementPattern = /^array\[(.+)\]$/;

/** The type of a list's elements; `undefined` for types that are no lists. */
export function elementType(type: string): string | undefined {
  return elementPattern.exec(type)?.[1];
}

/** Whether a value is of a type. Types that are not known fit everything, and so do large values, which nobody can look into here. */
export function fitsType(type: string, value: Json): boolean {
  if (largeFacts(value)) return true;
  const element = elementType(type);
  if (element !== undefined) return Array.isArray(value) && value.every((item: Json) => fitsType(element, item));
  switch (type) {
    case 'string':
    case 'secret':
      return typeof value === 'string';
    case 'number':
    case 'integer':
    case 'float':
      return typeof value === 'number';
    case 'boolean':
      return typeof value === 'boolean';
    case 'object':
    case 'file':
      return isJsonObject(value);
    default:
      return true;
  }
}

/** What a variable of a type holds before anything was written to it. */
export function emptyValue(type: string): Json {
  if (elementType(type) !== undefined) return [];
  switch (type) {
    case 'string':
    case 'secret':
      return '';
    case 'number':
    case 'integer':
    case 'float':
      return 0;
    case 'boolean':
      return false;
    case 'object':
      return {};
    default:
      return null;
  }
}

/** Brings what an editor wrote to a type: numbers, lists and objects come as text too. Nothing becomes the empty value. */
export function constantValue(type: string, written: Json): Json {
  if (written === null || (written === '' && type !== 'string')) return emptyValue(type);
  if (typeof written !== 'string' || type === 'string' || type === 'secret') return written;
  try {
    return JSON.parse(written) as Json;
  } catch {
    return written;
  }
}
