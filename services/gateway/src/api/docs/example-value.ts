/** A JSON Schema, as far as examples need it. */
export interface ExampleSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly example?: unknown;
  readonly examples?: readonly unknown[];
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly ExampleSchema[];
  readonly oneOf?: readonly ExampleSchema[];
  readonly allOf?: readonly ExampleSchema[];
  readonly properties?: Readonly<Record<string, ExampleSchema>>;
  readonly required?: readonly string[];
  readonly items?: ExampleSchema;
  readonly minItems?: number;
  readonly minimum?: number;
  readonly minLength?: number;
}

/** Follows a reference into the components of the description. */
export type Resolve = (reference: string) => ExampleSchema | undefined;

const mostDepth = 8;

const formats: Readonly<Record<string, string>> = {
  'date-time': '2030-01-01T00:00:00Z',
  email: 'ada@example.com',
  uri: 'https://example.com',
  uuid: '00000000-0000-4000-8000-000000000000',
};

/** A value that fits a schema: what it gives as an example or as its default, else the smallest one of its type. */
export function exampleOf(schema: ExampleSchema, resolve: Resolve, depth = 0): unknown {
  if (depth > mostDepth) return null;
  const inner = (one: ExampleSchema) => exampleOf(one, resolve, depth + 1);
  if (schema.$ref) return inner(resolve(schema.$ref) ?? {});
  const given = [schema.examples?.[0], schema.example, schema.default, schema.const, schema.enum?.[0]];
  const found = given.find((one) => one !== undefined);
  if (found !== undefined) return found;
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return inner(choices.find(({ type }) => type !== 'null') ?? {});
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map(inner));
  const type = typeof schema.type === 'string' ? schema.type : schema.type?.[0];
  switch (type) {
    case 'array':
      return schema.items && (schema.minItems ?? 0) > 0 ? [inner(schema.items)] : [];
    case 'boolean':
      return true;
    case 'integer':
    case 'number':
      return schema.minimum ?? 1;
    case 'string':
      return formats[schema.format ?? ''] ?? 'text'.padEnd(schema.minLength ?? 0, 't');
    default: {
      const properties = Object.entries(schema.properties ?? {}).filter(([name]) => schema.required?.includes(name));
      return Object.fromEntries(properties.map(([name, one]) => [name, inner(one)]));
    }
  }
}
