import { isJsonObject, type Json, valueAsText } from '@treadle/workflow';
import { elementType } from '../variable-types.js';
import type { Parameter } from './parameter-extractor.descriptor.js';

/** What a model gave for a parameter, brought to its type (`"5"` for a number is 5); `undefined` when it cannot be. */
export function readValue({ type, options }: Pick<Parameter, 'type' | 'options'>, given: Json): Json | undefined {
  const element = elementType(type);
  if (element !== undefined) return readList(element, given);
  return type === 'select' ? readOption(options ?? [], given) : readSingle(type, given);
}

/** A list whose elements all fit. A list written as text is read; a value alone is the only element. */
function readList(element: string, given: Json): Json | undefined {
  const list = listOf(given).map((item) => readSingle(element, item));
  return list.every((item) => item !== undefined) ? list : undefined;
}

function listOf(given: Json): readonly Json[] {
  if (Array.isArray(given)) return given as readonly Json[];
  if (typeof given !== 'string' || !given.trimStart().startsWith('[')) return [given];
  try {
    return JSON.parse(given) as readonly Json[];
  } catch {
    return [given];
  }
}

function readOption(options: readonly string[], given: Json): string | undefined {
  const said = valueAsText(given).trim().toLowerCase();
  return options.find((option) => option === given) ?? options.find((option) => option.trim().toLowerCase() === said);
}

function readSingle(type: string, given: Json): Json | undefined {
  switch (type) {
    case 'number':
      return readNumber(given);
    case 'boolean':
      return readBoolean(given);
    case 'object':
      return isJsonObject(given) ? given : undefined;
    default:
      return given === null ? undefined : valueAsText(given);
  }
}

function readNumber(given: Json): number | undefined {
  const said = typeof given === 'number' || (typeof given === 'string' && given.trim() !== '');
  const number = said ? Number(given) : Number.NaN;
  return Number.isFinite(number) ? number : undefined;
}

const truths: Readonly<Record<string, boolean>> = {
  true: true,
  false: false,
  yes: true,
  no: false,
  '1': true,
  '0': false,
};

function readBoolean(given: Json): boolean | undefined {
  const said = valueAsText(given).trim().toLowerCase();
  return Object.hasOwn(truths, said) ? truths[said] : undefined;
}
