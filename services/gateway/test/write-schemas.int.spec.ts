import { afterAll, beforeAll, expect, it } from 'vitest';
import { type GatewayUnderTest, startGateway } from './gateway-under-test.js';

let gateway: GatewayUnderTest;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
}

interface Operation {
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}

interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** Bodies that no schema of ours says: bytes, documents of other formats, forms; and calls whose clients send more than we know. */
const otherBodies = [/^\/openai\/v1\//, /^\/v1\//, /^POST \/api\/v1\/files$/];

/** Where a schema takes fields that it does not name. A map from names to values is no such place: its names are the caller's. */
function openPlaces(
  schema: Schema,
  components: Description['components']['schemas'],
  seen: ReadonlySet<string>,
  at: string,
): string[] {
  const into = (inner: Schema | undefined, name: string, known = seen) =>
    inner ? openPlaces(inner, components, known, `${at}${name}`) : [];
  if (schema.$ref) {
    const name = schema.$ref.split('/').at(-1)!;
    return seen.has(name) ? [] : into(components[name], '', new Set([...seen, name]));
  }
  const parts = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
  const open = schema.properties !== undefined && schema.additionalProperties !== false ? [at] : [];
  return [
    ...open,
    ...parts.flatMap((part) => into(part, '')),
    ...into(schema.items, '[]'),
    ...Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => into(inner, `.${name}`)),
    ...(typeof schema.additionalProperties === 'object' ? into(schema.additionalProperties, '.*') : []),
  ];
}

it('no write takes fields that it does not know', async () => {
  const { paths, components } = (await (await gateway.call('/api/docs-json')).json()) as Description;
  const found: string[] = [];
  let looked = 0;
  for (const [path, operations] of Object.entries(paths))
    for (const [method, { requestBody }] of Object.entries(operations)) {
      const route = `${method.toUpperCase()} ${path}`;
      if (!requestBody || otherBodies.some((one) => one.test(route) || one.test(path))) continue;
      for (const { schema } of Object.values(requestBody.content)) {
        looked += 1;
        found.push(...openPlaces(schema, components.schemas, new Set(), `${route}: body`));
      }
    }
  expect(found).toEqual([]);
  expect(looked).toBeGreaterThan(25);
});

/**
 * They read no body, but for the hooks and the page of an approval, which read what they are sent by themselves. What Dify's clients may ask and
 * nobody offers is refused unread.
 */
const withoutSchema = [
  'PATCH /hooks/{id}',
  'POST /api/v1/audit/checkpoints',
  'POST /api/v1/auth/sign-out',
  'POST /api/v1/datasets/{dataset}/documents/{id}/retry',
  'POST /api/v1/schedules/{id}/pause',
  'POST /api/v1/schedules/{id}/resume',
  'POST /api/v1/tools/toolsets/{name}/rollback',
  'POST /api/v1/users/{id}/invitation',
  'POST /api/v1/webhooks/{id}/rotate-secret',
  'POST /approvals/{token}',
  'POST /hooks/{id}',
  'POST /v1/apps/annotation-reply/{action}',
  'POST /v1/apps/annotations',
  'POST /v1/audio-to-text',
  'POST /v1/datasets/pipeline/file-upload',
  'POST /v1/datasets/{dataset}/metadata/built-in/{action}',
  'POST /v1/datasets/{dataset}/pipeline/datasource/nodes/{node}/run',
  'POST /v1/datasets/{dataset}/pipeline/run',
  'POST /v1/text-to-audio',
  'PUT /api/v1/datasets/{dataset}/labels/{id}',
  'PUT /hooks/{id}',
  'PUT /v1/apps/annotations/{id}',
];

it('every write that takes a body says by a schema what it takes', async () => {
  const { paths } = (await (await gateway.call('/api/docs-json')).json()) as Description;
  const described = new Set(
    Object.entries(paths).flatMap(([path, operations]) =>
      Object.entries(operations).flatMap(([method, { requestBody }]) =>
        requestBody ? [`${method.toUpperCase()} ${path}`] : [],
      ),
    ),
  );
  const writes = gateway.routes.filter(({ method }) => ['POST', 'PUT', 'PATCH'].includes(method));
  const bare = writes
    .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`)
    .filter((route) => !described.has(route));
  expect(bare.sort()).toEqual(withoutSchema);
});
