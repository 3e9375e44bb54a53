import { type Json, type JsonObject, valueAsText } from '@treadle/workflow';
import { emptyValue } from '../variable-types.js';
import type { Parameter } from './parameter-extractor.descriptor.js';
import { readValue } from './read-value.js';

/** Every parameter by its name, the empty value of its type where there is none, and a sentence for each that is missing or wrong. */
export interface ReadParameters {
  readonly values: JsonObject;
  readonly problems: readonly string[];
}

export function readParameters(parameters: readonly Parameter[], given: JsonObject): ReadParameters {
  const problems: string[] = [];
  const values = parameters.map((parameter): readonly [string, Json] => {
    const { name, type, required } = parameter;
    const said = (Object.hasOwn(given, name) ? given[name] : undefined) ?? null;
    const value = said === null ? undefined : readValue(parameter, said);
    if (said === null && required)
      problems.push(`The parameter "${name}" is required, and the model found no value for it.`);
    if (said !== null && value === undefined) problems.push(misfit(parameter, said));
    return [name, value ?? emptyValue(type === 'select' ? 'string' : type)];
  });
  return { values: Object.fromEntries(values), problems };
}

function misfit({ name, type, options }: Parameter, said: Json): string {
  const wanted = type === 'select' ? `one of ${(options ?? []).join(', ')}` : `of the type ${type}`;
  return `The parameter "${name}" must be ${wanted}, and the model gave ${valueAsText(said).slice(0, 100)}.`;
}
