import { FailureError } from '@treadle/failure';
import { isJsonObject, type Json, type JsonObject } from '@treadle/workflow';
import { type InlineOptions, inlineSchema } from '../schema/inline-schema.js';
import { textOf } from '../schema/text-of.js';
import { type ToolArguments, withDescription } from './arguments.js';
import type { ParameterPlan } from './operation-plan.js';
import type { Operation } from './operations.js';

type Place = ParameterPlan['in'];
type Style = ParameterPlan['style'];

const styles: Readonly<Record<Place, readonly Style[]>> = {
  path: ['simple', 'label', 'matrix'],
  query: ['form', 'spaceDelimited', 'pipeDelimited', 'deepObject'],
  header: ['simple'],
  cookie: ['form'],
};
/** Those are the credential's and the body's, as the specification says; the idempotency key is the run's. */
const ownHeaders = new Set(['accept', 'content-type', 'authorization', 'idempotency-key']);

export interface Parameters {
  readonly plans: readonly ParameterPlan[];
  /** Whether the operation takes an `Idempotency-Key`. */
  readonly takesIdempotencyKey: boolean;
}

/**
 * Turns an operation's parameters, its path's included, into arguments.
 * @throws FailureError `tool_source_invalid` for one that is not written as the specification asks.
 */
export function readParameters(operation: Operation, args: ToolArguments, options: InlineOptions): Parameters {
  const parameters = writtenParameters(operation, options);
  const plans: ParameterPlan[] = [];
  for (const parameter of parameters) {
    if (parameter.in === 'header' && ownHeaders.has(textOf(parameter.name).toLowerCase())) continue;
    plans.push(readParameter(parameter, operation, args, options));
  }
  for (const name of templateNames(operation.path)) {
    if (!plans.some((plan) => plan.in === 'path' && plan.name === name)) plans.push(undeclared(name, args));
  }
  const isKey = ({ in: place, name }: JsonObject) => place === 'header' && textOf(name).toLowerCase() === 'idempotency-key'; // biome-ignore format: one thought
  return { plans, takesIdempotencyKey: parameters.some(isKey) };
}

/** Those of the operation replace those of its path. */
function writtenParameters({ pathItem, operation, method, path }: Operation, options: InlineOptions): JsonObject[] {
  const found = new Map<string, JsonObject>();
  for (const list of [pathItem.parameters, operation.parameters]) {
    for (const written of Array.isArray(list) ? (list as readonly Json[]) : []) {
      const { value } = options.references.follow(written);
      if (!isJsonObject(value) || typeof value.name !== 'string' || !isPlace(value.in)) {
        throw invalid(`${method} ${path} has a parameter without a name, or in a place other than path, query, header or cookie.`); // biome-ignore format: a sentence
      }
      found.set(`${value.in} ${value.name}`, value);
    }
  }
  return [...found.values()];
}

function readParameter(
  written: JsonObject,
  operation: Operation,
  args: ToolArguments,
  options: InlineOptions,
): ParameterPlan {
  const place = written.in as Place;
  const name = textOf(written.name);
  const content = isJsonObject(written.content) ? Object.values(written.content)[0] : undefined;
  const source = isJsonObject(content) ? content.schema : written.schema;
  const schema = withDescription(inlineSchema(source, options), written.description);
  const style = (written.style ?? styles[place][0]) as Style;
  if (!styles[place].includes(style)) {
    throw invalid(`${operation.method} ${operation.path}: the ${place} parameter "${name}" has the style ${JSON.stringify(style)}, which ${place} parameters cannot have.`); // biome-ignore format: a sentence
  }
  return {
    name,
    in: place,
    argument: args.add(name, place, schema, written.required === true || place === 'path'),
    style,
    explode: typeof written.explode === 'boolean' ? written.explode : style === 'form',
    allowReserved: written.allowReserved === true && place === 'query',
    asJson: isJsonObject(content),
  };
}

/** A placeholder of the path that nobody declared: a text. */
const undeclared = (name: string, args: ToolArguments): ParameterPlan => ({
  name,
  in: 'path',
  argument: args.add(name, 'path', { type: 'string' }, true),
  style: 'simple',
  explode: false,
  allowReserved: false,
  asJson: false,
});

const templateNames = (path: string) => [...path.matchAll(/\{([^{}]+)\}/g)].map((match) => match[1] ?? '');

const isPlace = (value: Json | undefined): value is Place => typeof value === 'string' && Object.hasOwn(styles, value);

const invalid = (message: string) => FailureError.of('tool_source_invalid', message);
