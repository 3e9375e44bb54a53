import {
  type GraphQLArgumentConfig,
  type GraphQLField,
  type GraphQLFieldConfig,
  type GraphQLFieldConfigArgumentMap,
  type GraphQLInputType,
  GraphQLList,
  GraphQLNonNull,
  GraphQLString,
} from 'graphql';
import { z } from 'zod';
import { type AnswerTypes, type JsonSchema, scalarOf, typeOf } from './answer-types.js';
import type { FieldReader, GivenValues, GraphqlContext } from './read-field.js';
import type { FieldAccess, RestField } from './rest-field.js';

/** Who may ask for a field of the schema; every one has it that reads something. */
export function accessOfField({
  extensions,
}: Pick<GraphQLField<unknown, unknown>, 'extensions'>): FieldAccess | undefined {
  return extensions['access'] as FieldAccess | undefined;
}

type Arguments = Readonly<Record<string, unknown>>;

/** What is known of the values of a field from where it stands. */
type GivenBySource = (source: never) => Partial<GivenValues>;

/** A field that asks a route. @param bySource values that are no arguments then. */
export function fieldConfig(
  field: RestField,
  types: AnswerTypes,
  reader: FieldReader,
  bySource: GivenBySource = () => ({}),
  known: readonly string[] = [],
): GraphQLFieldConfig<unknown, GraphqlContext> {
  return {
    type: types.of(field.answer),
    description: field.description,
    args: argumentsOf(field, known),
    extensions: { access: field.access },
    resolve: (source, args: Arguments, context) => {
      const given = givenBy(field, args);
      const { ids = {}, query = {} } = bySource(source as never);
      const values = { ids: { ...given.ids, ...ids }, query: { ...given.query, ...query } };
      return reader.read(field, values, context);
    },
  };
}

/** A field whose handler gives values as they come, each of them the answer. */
export function streamedField(
  field: RestField,
  types: AnswerTypes,
  reader: FieldReader,
): GraphQLFieldConfig<unknown, GraphqlContext> {
  return {
    type: types.of(field.answer),
    description: field.description,
    args: argumentsOf(field),
    extensions: { access: field.access },
    subscribe: (_source, args: Arguments, context) => reader.read(field, givenBy(field, args), context),
    resolve: (value) => value,
  };
}

/** The values that stand in the arguments. */
function givenBy({ ids }: RestField, args: Arguments): GivenValues {
  const told = Object.entries(args).filter(([, value]) => value !== null && value !== undefined);
  return {
    ids: Object.fromEntries(told.flatMap(([name, value]) => (ids.includes(name) ? [[name, String(value)]] : []))),
    query: Object.fromEntries(told.filter(([name]) => !ids.includes(name))),
  };
}

/** The parameters of a route as arguments, but for those that are known. */
function argumentsOf({ ids, query }: RestField, known: readonly string[] = []): GraphQLFieldConfigArgumentMap {
  const schema: JsonSchema = query
    ? (z.toJSONSchema(query, { io: 'input', unrepresentable: 'any' }) as JsonSchema)
    : {};
  const fromPath = ids.map((name) => [name, { type: new GraphQLNonNull(GraphQLString) }] as const);
  const fromQuery = Object.entries(schema.properties ?? {}).map(([name, one]) => [name, argument(one)] as const);
  const all: (readonly [string, GraphQLArgumentConfig])[] = [...fromPath, ...fromQuery];
  return Object.fromEntries(all.filter(([name]) => !known.includes(name)));
}

function argument(schema: JsonSchema): GraphQLArgumentConfig {
  const { description, default: fallback } = schema;
  const isTold = fallback !== undefined && fallback !== '';
  return { type: inputType(schema), description, ...(isTold && { defaultValue: fallback }) };
}

/** Where a query takes one value or several, GraphQL takes a list and makes one of a single value. */
function inputType(schema: JsonSchema): GraphQLInputType {
  const list = schema.anyOf?.find((one) => typeOf(one) === 'array');
  if (list) return new GraphQLList(new GraphQLNonNull(GraphQLString));
  return scalarOf(schema.anyOf?.[0] ?? schema);
}
