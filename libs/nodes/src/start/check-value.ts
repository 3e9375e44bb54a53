import { isJsonObject, type Json, largeFacts } from '@treadle/workflow';
import { z } from 'zod';
import type { InputVariable } from './start.descriptor.js';

/** The value brought to its type, or what is wrong with it as the end of a sentence about the input. */
export type ValueCheck = { readonly value: Json } | { readonly problem: string };

export function checkValue(variable: InputVariable, value: Json): ValueCheck {
  // Handed to a sub-workflow: what is in the file store cannot be looked into here.
  if (largeFacts(value)) return { value };
  switch (variable.type) {
    case 'text-input':
    case 'paragraph':
      return checkText(variable, value);
    case 'select':
      return checkSelect(variable, value);
    case 'number':
      return checkNumber(value);
    case 'checkbox':
      return checkCheckbox(value);
    case 'file':
      return isJsonObject(value) ? { value } : { problem: 'must be a file object' };
    case 'file-list':
      return checkFiles(variable, value);
    case 'json_object':
      return checkJsonObject(variable, value);
  }
}

function checkText({ max_length }: InputVariable, value: Json): ValueCheck {
  if (typeof value !== 'string') return { problem: 'must be a text' };
  if (!max_length || value.length <= max_length) return { value };
  // Characters as people count them: one beyond the basic plane takes two units.
  const length = [...value].length;
  return length <= max_length
    ? { value }
    : { problem: `is ${length} characters long; at most ${max_length} are allowed` };
}

function checkSelect({ options }: InputVariable, value: Json): ValueCheck {
  if (typeof value !== 'string') return { problem: 'must be a text, one of its options' };
  const choices = options ?? [];
  return choices.includes(value) ? { value } : { problem: `must be one of: ${choices.join(', ')}` };
}

function checkNumber(value: Json): ValueCheck {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? { value: number } : { problem: 'must be a number' };
}

const words = new Map<Json, boolean>([
  ...['true', '1', 'yes', 'on'].map((word) => [word, true] as const),
  ...['false', '0', 'no', 'off'].map((word) => [word, false] as const),
  [1, true],
  [0, false],
  [true, true],
  [false, false],
]);

function checkCheckbox(value: Json): ValueCheck {
  const checked = words.get(typeof value === 'string' ? value.trim().toLowerCase() : value);
  return checked === undefined ? { problem: 'must be true or false' } : { value: checked };
}

function checkFiles({ max_length }: InputVariable, value: Json): ValueCheck {
  if (!Array.isArray(value) || !value.every((item: Json) => isJsonObject(item)))
    return { problem: 'must be a list of file objects' };
  if (max_length && value.length > max_length)
    return { problem: `holds ${value.length} files; at most ${max_length} are allowed` };
  return { value: value as Json };
}

function checkJsonObject({ json_schema }: InputVariable, value: Json): ValueCheck {
  const object = typeof value === 'string' ? parsed(value) : value;
  if (!isJsonObject(object)) return { problem: 'must be a JSON object' };
  const schema = typeof json_schema === 'string' ? parsed(json_schema) : json_schema;
  if (!isJsonObject(schema ?? undefined)) return { value: object };
  const result = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]).safeParse(object);
  if (result.success) return { value: object };
  const [issue] = result.error.issues;
  return {
    problem: `does not follow its schema: ${issue?.path.join('.') || 'value'}: ${issue?.message ?? 'not allowed'}`,
  };
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
