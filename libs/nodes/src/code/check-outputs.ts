import { FailureError } from '@treadle/failure';
import { isJsonObject, type Json, type JsonObject } from '@treadle/workflow';
import { elementType } from '../variable-types.js';
import type { OutputDeclaration } from './code.descriptor.js';

type Declarations = Readonly<Record<string, OutputDeclaration>>;

/** The most that outputs may hold: characters of a text, elements of a list, objects and lists inside one another. */
const limits = {
  text: 400_000,
  elements: { string: 30, object: 30, number: 1000, boolean: 1000 } as Readonly<Record<string, number>>,
  depth: 5,
};

export interface CheckedOutputs {
  readonly outputs: JsonObject;
  /** Names that were returned and not declared. */
  readonly undeclared: readonly string[];
}

/**
 * Takes the declared outputs from what the code returned. Every one must be there and of its type, or null. Throws
 * `code_output_invalid` that names the output, what was declared and what came.
 */
export function checkOutputs(declared: Declarations, result: Json): CheckedOutputs {
  if (!isJsonObject(result))
    throw invalid('result', `The code is to return an object with its outputs, and it returned ${kindOf(result)}.`);
  checkFields(declared, result, '', 1);
  const names = Object.keys(declared);
  return {
    outputs: Object.fromEntries(names.map((name) => [name, result[name] ?? null])),
    undeclared: Object.keys(result).filter((name) => !Object.hasOwn(declared, name)),
  };
}

function checkFields(declared: Declarations, values: JsonObject, path: string, depth: number): void {
  for (const [name, declaration] of Object.entries(declared)) {
    const at = `${path}${name}`;
    if (!Object.hasOwn(values, name))
      throw invalid(at, `The code did not return the output "${at}" (${declaration.type}).`);
    checkValue(declaration, values[name] ?? null, at, depth);
  }
}

function checkValue({ type, children }: OutputDeclaration, value: Json, at: string, depth: number): void {
  if (value === null) return;
  const element = elementType(type);
  if (element === undefined ? kindOf(value) !== type : !Array.isArray(value)) throw wrongType(at, type, kindOf(value));
  checkSize(value, at, depth);
  if (element !== undefined) checkElements(element, value as readonly Json[], at);
  if (children && isJsonObject(value)) checkFields(children, value, `${at}.`, depth + 1);
}

function checkElements(element: string, list: readonly Json[], at: string): void {
  const most = limits.elements[element] ?? Number.POSITIVE_INFINITY;
  if (list.length > most)
    throw invalid(at, `The output "${at}" has ${list.length} elements, and an array[${element}] may have ${most}.`);
  const wrong = list.findIndex((item) => item !== null && kindOf(item) !== element);
  if (wrong >= 0) throw wrongType(`${at}[${wrong}]`, element, kindOf(list[wrong] ?? null));
}

/** Looks at texts and depth all the way down, and no deeper than is allowed. */
function checkSize(value: Json, at: string, depth: number): void {
  if (typeof value === 'string' && value.length > limits.text)
    throw invalid(at, `The output "${at}" has ${value.length} characters, and a text may have ${limits.text}.`);
  if (typeof value !== 'object' || value === null) return;
  if (depth > limits.depth)
    throw invalid(at, `The output "${at}" is nested too deeply. Objects and lists may be ${limits.depth} deep.`);
  for (const inner of Object.values(value as JsonObject)) checkSize(inner, at, depth + 1);
}

function kindOf(value: Json): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function wrongType(at: string, declared: string, actual: string): FailureError {
  return invalid(at, `The output "${at}" is declared as ${declared}, and the code returned ${actual}.`);
}

function invalid(output: string, message: string): FailureError {
  return FailureError.of('code_output_invalid', message, { details: { output } });
}
