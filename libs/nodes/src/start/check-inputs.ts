import { isJsonObject, type Json, type JsonObject } from '@treadle/workflow';
import { checkValue } from './check-value.js';
import type { InputVariable, StartConfig } from './start.descriptor.js';

/** What is wrong with one input, for the caller. */
export interface InputProblem {
  /** The name of the input. */
  readonly field: string;
  readonly message: string;
}

export type InputCheck =
  | { readonly inputs: JsonObject; readonly problems?: undefined }
  | { readonly inputs?: undefined; readonly problems: readonly InputProblem[] };

/**
 * Checks what a caller gave against what the start node declares: all problems at once, or the inputs with defaults filled in
 * and values brought to their type (`"5"` for a number becomes 5). Optional inputs without value or default stay absent.
 */
export function checkInputs(config: StartConfig, inputs: JsonObject): InputCheck {
  const problems: InputProblem[] = [];
  const checked: [string, Json][] = [];
  const declared = new Map(config.variables.map((variable) => [variable.variable, variable]));
  for (const name of Object.keys(inputs)) {
    if (declared.has(name)) continue;
    const known = declared.size === 0 ? 'It takes none.' : `It takes: ${[...declared.keys()].join(', ')}.`;
    problems.push({ field: name, message: `The workflow has no input "${name}". ${known}` });
  }
  for (const variable of declared.values()) {
    const value = givenOrDefault(
      variable,
      Object.hasOwn(inputs, variable.variable) ? inputs[variable.variable] : undefined,
    );
    if (value === undefined) {
      if (variable.required) problems.push(missing(variable));
      continue;
    }
    const result = checkValue(variable, value);
    if ('problem' in result)
      problems.push({ field: variable.variable, message: `Input "${variable.variable}" ${result.problem}.` });
    else if (variable.required && isBlank(result.value)) problems.push(missing(variable));
    else checked.push([variable.variable, result.value]);
  }
  return problems.length > 0 ? { problems } : { inputs: Object.fromEntries(checked) };
}

function missing({ variable }: InputVariable): InputProblem {
  return { field: variable, message: `Input "${variable}" is required. Give it a value.` };
}

/** Forms send nothing, null, or (for numbers and choices) an empty text when a field was left alone. */
function givenOrDefault(variable: InputVariable, given: Json | undefined): Json | undefined {
  const leftAlone = given === undefined || given === null || (given === '' && !isText(variable));
  const value = leftAlone ? variable.default : given;
  return value === undefined || value === null || (leftAlone && value === '') ? undefined : value;
}

function isText({ type }: InputVariable): boolean {
  return type === 'text-input' || type === 'paragraph';
}

function isBlank(value: Json): boolean {
  return (
    value === '' ||
    (Array.isArray(value) && value.length === 0) ||
    (isJsonObject(value) && Object.keys(value).length === 0)
  );
}
