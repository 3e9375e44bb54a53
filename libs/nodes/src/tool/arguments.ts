import {
  isJsonObject,
  type Json,
  type JsonObject,
  type Read,
  type Reference,
  renderTextTemplate,
} from '@treadle/workflow';
import { z } from 'zod';
import { isChosen, optionalSelectorSchema, selectorReference, textReferences } from '../fields.js';

/** Where an argument of a tool comes from: a text with references, a value of the run, or the value written here. */
export const argumentSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('mixed'), value: z.string() }),
  z.object({ type: z.literal('variable'), value: optionalSelectorSchema }),
  z.object({ type: z.literal('constant'), value: z.json() }),
]);

/** Arguments by their names. */
export const argumentsSchema = z.record(z.string().min(1).max(200), argumentSchema);

export type ArgumentSettings = z.infer<typeof argumentsSchema>;

export function argumentReads(settings: ArgumentSettings, field: string): Reference[] {
  return Object.entries(settings).flatMap(([name, argument]) => {
    if (argument.type === 'mixed') return textReferences(argument.value, `${field}.${name}.value`);
    return argument.type === 'variable' ? selectorReference(argument.value, `${field}.${name}.value`) : [];
  });
}

/** The values of arguments. One whose variable has no value is left out, so that the tool's own default counts. */
export function resolveArguments(settings: ArgumentSettings, read: Read): JsonObject {
  const values = Object.entries(settings).flatMap(([name, argument]) => {
    const value = valueOf(argument, read);
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(values);
}

function valueOf(argument: ArgumentSettings[string], read: Read): Json | undefined {
  switch (argument.type) {
    case 'mixed':
      return renderTextTemplate(argument.value, read);
    case 'variable':
      return isChosen(argument.value) ? read(argument.value) : undefined;
    case 'constant':
      return argument.value ?? undefined;
  }
}

/**
 * The same arguments with texts read as the type that the tool wants, since templates give texts only. What cannot be read stays a
 * text, for the tool to say what is wrong with it.
 * @param parameters JSON schema of the arguments
 */
export function fitArguments(given: JsonObject, parameters: JsonObject): JsonObject {
  const properties = isJsonObject(parameters.properties) ? parameters.properties : {};
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, fitted(value, properties[name])]));
}

function fitted(value: Json, schema: Json | undefined): Json {
  if (typeof value !== 'string' || !isJsonObject(schema)) return value;
  const types = Array.isArray(schema.type) ? (schema.type as readonly Json[]) : [schema.type];
  if (types.includes('string')) return value;
  const read = parsed(value);
  return read !== undefined && typesOf(read).some((type) => types.includes(type)) ? read : value;
}

/** The names that JSON schema has for the type of a value. */
function typesOf(value: Json): string[] {
  if (value === null) return ['null'];
  if (Array.isArray(value)) return ['array'];
  return Number.isInteger(value) ? ['number', 'integer'] : [typeof value];
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
