import {
  GraphQLBoolean,
  GraphQLEnumType,
  type GraphQLFieldConfigMap,
  GraphQLFloat,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  type GraphQLOutputType,
  GraphQLString,
} from 'graphql';
import { z } from 'zod';
import type { GraphqlContext } from './read-field.js';
import { Integer, Json } from './scalars.js';

/** As much of JSON Schema as the schemas of the REST API are written in. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly maximum?: number;
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly anyOf?: readonly JsonSchema[];
}

/** Fields of a type that lead to something else, by the name of the type. */
export type MoreFields = Readonly<Record<string, () => GraphQLFieldConfigMap<unknown, GraphqlContext>>>;

const largestInt = 2_147_483_647;

/** Makes GraphQL types of the schemas of REST answers, so that the two cannot come to say different things. Names are those of the schemas' ids. */
export class AnswerTypes {
  private readonly made = new Map<string, GraphQLObjectType | GraphQLEnumType>();

  constructor(private readonly more: MoreFields = {}) {}

  /** @param schema of an object with an id */
  of(schema: z.ZodType): GraphQLOutputType {
    const { $defs = {}, ...root } = z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' }) as JsonSchema;
    return this.typeOf(root, '', $defs);
  }

  private typeOf(schema: JsonSchema, name: string, defs: Readonly<Record<string, JsonSchema>>): GraphQLOutputType {
    if (schema.$ref) return this.named(schema.$ref.split('/').at(-1) ?? '', defs);
    const [only, ...others] = withoutNull(schema.anyOf);
    if (only) return others.length === 0 ? this.typeOf(only, name, defs) : Json;
    if (schema.enum?.every(isEnumName)) return this.enumOf(schema.enum, name);
    if (schema.properties) return this.objectOf(schema, name, defs);
    if (typeOf(schema) === 'array' && schema.items)
      return new GraphQLList(new GraphQLNonNull(this.typeOf(schema.items, singular(name), defs)));
    return scalarOf(schema);
  }

  private named(name: string, defs: Readonly<Record<string, JsonSchema>>): GraphQLOutputType {
    const found = defs[name];
    // Names that were made up stand for JSON within JSON.
    if (!found || name.startsWith('__')) return Json;
    return this.made.get(name) ?? this.typeOf(found, name, defs);
  }

  private objectOf(schema: JsonSchema, name: string, defs: Readonly<Record<string, JsonSchema>>): GraphQLObjectType {
    const known = this.made.get(name);
    if (known instanceof GraphQLObjectType) return known;
    const type = new GraphQLObjectType({
      name,
      description: schema.description,
      fields: () => ({ ...this.fieldsOf(schema, name, defs), ...(this.more[name]?.() ?? {}) }),
    });
    this.made.set(name, type);
    return type;
  }

  private fieldsOf({ properties = {}, required = [] }: JsonSchema, name: string, defs: Record<string, JsonSchema>) {
    const fields = Object.entries(properties).map(([field, schema]) => {
      const type = this.typeOf(schema, name + pascal(field), defs);
      const certain = required.includes(field) && !mayBeNull(schema);
      return [field, { type: certain ? new GraphQLNonNull(type) : type, description: schema.description }] as const;
    });
    return Object.fromEntries(fields);
  }

  private enumOf(values: readonly string[], name: string): GraphQLEnumType {
    const known = this.made.get(name);
    if (known instanceof GraphQLEnumType) return known;
    const type = new GraphQLEnumType({ name, values: Object.fromEntries(values.map((value) => [value, {}])) });
    this.made.set(name, type);
    return type;
  }
}

/** The type of a plain value; `Json` for what has no better one. */
export function scalarOf(schema: JsonSchema) {
  switch (typeOf(schema)) {
    case 'string':
      return GraphQLString;
    case 'boolean':
      return GraphQLBoolean;
    case 'number':
      return GraphQLFloat;
    case 'integer':
      return (schema.maximum ?? Number.POSITIVE_INFINITY) <= largestInt ? GraphQLInt : Integer;
    default:
      return Json;
  }
}

/** The one type that a value has besides null. */
export function typeOf({ type }: JsonSchema): string | undefined {
  return [type ?? []].flat().find((one) => one !== 'null');
}

function mayBeNull({ type, anyOf = [] }: JsonSchema): boolean {
  return [type ?? []].flat().includes('null') || anyOf.some(mayBeNull);
}

function withoutNull(schemas: readonly JsonSchema[] = []): readonly JsonSchema[] {
  return schemas.filter(({ type }) => type !== 'null');
}

/** Others, such as permissions, stay texts. */
function isEnumName(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z]\w*$/.test(value);
}

function pascal(name: string): string {
  return name.replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function singular(name: string): string {
  return name.replace(/s$/, '');
}
