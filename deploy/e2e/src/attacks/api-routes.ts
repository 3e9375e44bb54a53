/** The part of JSON Schema that the API's description uses. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly minimum?: number;
  readonly minItems?: number;
  readonly pattern?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
}

/** A route as the API describes itself. */
export interface ApiRoute {
  readonly method: string;
  /** With its parameters in braces. */
  readonly path: string;
  readonly parameters: readonly string[];
  readonly query: readonly { readonly name: string; readonly required: boolean }[];
  /** A body that its schema takes; absent where it takes none, or a form. */
  readonly body?: unknown;
  readonly form: boolean;
}

interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required?: boolean }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}

/** Every route that the description names, but for health, which tells nothing. */
export function routesOf(description: Description): readonly ApiRoute[] {
  return Object.entries(description.paths).flatMap(([path, operations]) =>
    path.startsWith('/health')
      ? []
      : Object.entries(operations).map(([method, operation]) => routeOf(method, path, operation, description)),
  );
}

function routeOf(method: string, path: string, operation: Operation, { components }: Description): ApiRoute {
  const content = operation.requestBody?.content ?? {};
  const schema = content['application/json']?.schema;
  const query = (operation.parameters ?? []).filter((one) => one.in === 'query');
  return {
    method: method.toUpperCase(),
    path,
    parameters: [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name),
    query: query.map(({ name, required }) => ({ name, required: required === true })),
    ...(schema && { body: exampleOf(schema, components.schemas) }),
    form: content['multipart/form-data'] !== undefined,
  };
}

/** The least that a schema takes. */
export function exampleOf(schema: Schema, components: Readonly<Record<string, Schema>>): unknown {
  if (schema.$ref) return exampleOf(components[schema.$ref.split('/').at(-1) ?? ''] ?? {}, components);
  if (schema.default !== undefined) return schema.default;
  if (schema.enum) return schema.enum[0];
  if (schema.anyOf) return exampleOf(schema.anyOf[0] ?? {}, components);
  const [type] = [schema.type].flat();
  if (type === 'object') {
    const required = (schema.required ?? []).map((name) => [
      name,
      exampleOf(schema.properties?.[name] ?? {}, components),
    ]);
    return Object.fromEntries(required) as object;
  }
  if (type === 'array')
    return Array.from({ length: schema.minItems ?? 0 }, () => exampleOf(schema.items ?? {}, components));
  if (type === 'number' || type === 'integer') return schema.minimum ?? 1;
  if (type === 'boolean') return true;
  return textOf(schema.format);
}

const formats: Readonly<Record<string, string>> = {
  email: 'somebody@example.com',
  uri: 'https://example.com/',
  uuid: '7d9f3b52-7f0c-4f2c-9d9f-0c1f6f4b7a11',
  'date-time': '2026-01-01T00:00:00Z',
};

function textOf(format: string | undefined): string {
  return formats[format ?? ''] ?? 'a sample text';
}
