import { describe, expect, it } from 'vitest';
import { discoverOperations } from './discover.js';
import { readOpenApiSource } from './openapi-source.js';

const base = { openapi: '3.0.3', info: { title: 'T', version: '1' }, servers: [{ url: 'https://api.example.com' }] };

function discover(document: object | string, more: object = {}) {
  const text = typeof document === 'string' ? document : JSON.stringify(document);
  return discoverOperations(text, readOpenApiSource({ document: text, ...more }));
}

const onPaths = (paths: object, more: object = {}) => ({ ...base, paths, ...more });
const failing = (code: string, message: RegExp, field?: string) =>
  expect.objectContaining({
    failure: expect.objectContaining({ code, message: expect.stringMatching(message), ...(field && { field }) }),
  });

function manyOperations(count: number) {
  const operation = (index: number) => ({
    operationId: `op${index}`,
    tags: [`group ${index % 12}`],
    parameters: [{ name: 'id', in: 'path', required: true, schema: { $ref: '#/components/schemas/Id' } }],
    requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } } },
  });
  const paths = Array.from({ length: count }, (_, index) => [`/things/${index}/{id}`, { post: operation(index) }]);
  const Thing = {
    type: 'object',
    properties: { part: { $ref: '#/components/schemas/Thing' }, name: { type: 'string' } },
  };
  return onPaths(Object.fromEntries(paths), { components: { schemas: { Id: { type: 'string' }, Thing } } });
}

describe('discoverOperations', () => {
  it('makes a tool of every operation, with a name that models can call', () => {
    const { tools } = discover(
      onPaths({
        '/pets': {
          summary: 'not an operation',
          get: { operationId: 'list pets/all' },
          post: { operationId: 'list pets/all', summary: 'Add', description: 'Adds a pet.' },
        },
        '/pets/{petId}': { delete: { deprecated: true }, trace: {}, patch: { operationId: 'x'.repeat(80) } },
      }),
    );
    expect(tools.map(({ name, mutating, repeatable }) => [name, mutating, repeatable])).toEqual([
      ['list_pets_all', false, true],
      ['list_pets_all_2', true, false],
      ['delete_pets_petId', true, true],
      ['x'.repeat(64), true, false],
    ]);
    expect(tools[1]?.description).toBe('Add\nAdds a pet.');
    expect(tools[2]?.description).toBe('Deprecated.');
    expect(tools[2]?.parameters).toEqual({ type: 'object', properties: { petId: { type: 'string' } }, required: ['petId'], additionalProperties: false }); // biome-ignore format: one thought
  });

  it('says that a POST with an idempotency key can be repeated, and keeps the key from the model', () => {
    const parameters = [{ name: 'Idempotency-Key', in: 'header', required: true, schema: { type: 'string' } }];
    const { tools } = discover(onPaths({ '/pay': { post: { parameters } } }));
    expect(tools[0]).toMatchObject({ repeatable: true, parameters: { properties: {} } });
  });

  it('takes parameters of the path, which those of the operation replace', () => {
    const shared = [
      { name: 'a', in: 'query', schema: { type: 'string' } },
      { name: 'b', in: 'query', schema: { type: 'string' }, description: 'B' },
    ];
    const parameters = [{ name: 'a', in: 'query', required: true, schema: { type: 'integer' } }];
    const { tools } = discover(onPaths({ '/x': { parameters: shared, get: { parameters } } }));
    expect(tools[0]?.parameters).toMatchObject({
      properties: { a: { type: 'integer' }, b: { type: 'string', description: 'B' } },
      required: ['a'],
    });
  });

  it('finds the servers: of the operation, the path, the document, or given', () => {
    const servers = (url: string, variables = {}) => [{ url, variables }];
    const document = onPaths(
      {
        '/a': { get: {} },
        '/b': { servers: servers('https://b.example.com:8443/api/'), get: {}, put: { servers: servers('https://{zone}.c.example.com', { zone: { default: 'eu', enum: ['eu', 'us'] } }) } },
      }, // biome-ignore format: one thought
    );
    expect(discover(document).hosts).toEqual(['api.example.com', 'b.example.com:8443', 'eu.c.example.com']);
    expect(discover(document, { serverVariables: { zone: 'us' } }).hosts).toContain('us.c.example.com');
    expect(discover(document, { server: 'https://mine.example/' }).hosts).toEqual(['mine.example']);
    const wrong = () => discover(document, { serverVariables: { zone: 'mars' } });
    expect(wrong).toThrow(failing('invalid_argument', /may be \["eu","us"\], not "mars"/, 'serverVariables.zone'));
  });

  it('resolves a relative server against the address the document came from', () => {
    const text = JSON.stringify({ ...onPaths({ '/x': { get: {} } }), servers: [{ url: '/v3' }] });
    const source = readOpenApiSource({ url: 'https://docs.example.com/specs/api.json' });
    expect(discoverOperations(text, source).tools[0]?.invocation.server).toBe('https://docs.example.com/v3');
    expect(() => discover(text)).toThrow(failing('invalid_argument', /Give the address as "server"/, 'server'));
  });

  it.each([
    [{ type: 'apiKey', in: 'header', name: 'X-Key' }, 'a credential that sets the header "X-Key"'],
    [{ type: 'apiKey', in: 'query', name: 'key' }, 'a credential that sets the query parameter "key"'],
    [{ type: 'apiKey', in: 'cookie', name: 'sid' }, 'a credential that sets the cookie "sid"'],
    [{ type: 'http', scheme: 'Basic' }, 'a basic credential'],
    [{ type: 'http', scheme: 'bearer' }, 'a bearer credential'],
    [
      {
        type: 'oauth2',
        flows: { clientCredentials: { tokenUrl: 'https://t.example', scopes: { read: '', write: '' } } },
      },
      '(token address "https://t.example", scopes "read write")',
    ],
    [{ type: 'oauth2', flows: { implicit: {} } }, 'with a refresh token'],
    [{ type: 'openIdConnect', openIdConnectUrl: 'https://id.example' }, 'provider at "https://id.example"'],
    [{ type: 'mutualTLS' }, 'client certificate'],
  ])('says which credential %j asks for', (scheme, sentence) => {
    const document = onPaths(
      { '/x': { get: {} } },
      { security: [{ main: [] }], components: { securitySchemes: { main: scheme } } },
    );
    expect(discover(document).warnings).toEqual([expect.stringContaining(sentence)]);
  });

  it('knows for each operation whether it needs the credential', () => {
    const need = (operation: object, more = {}) =>
      discover(onPaths({ '/x': { get: operation } }, more)).tools[0]?.invocation.security;
    expect(need({})).toBe('any');
    expect(need({}, { security: [{ main: [] }] })).toBe('required');
    expect(need({ security: [] }, { security: [{ main: [] }] })).toBe('none');
    expect(need({ security: [{}, { main: [] }] })).toBe('optional');
  });

  it('reads YAML as well', () => {
    const yaml =
      'openapi: 3.1.0\nservers: [{url: https://api.example.com}]\npaths:\n  /x:\n    get: {operationId: getX}\n';
    expect(discover(yaml).tools[0]?.name).toBe('getX');
  });

  it('refuses more tools than a model can be shown, with what to do; a choice of them is taken', () => {
    const document = manyOperations(5000);
    expect(() => discover(document)).toThrow(
      failing('limit_exceeded', /5000 operations.*Choose some.*group 0 \(417\)/, 'operations'),
    );
    expect(discover(document, { tags: ['group 3'] }).tools).toHaveLength(417);
    expect(discover(document, { operations: ['op4999', 'post /things/7/{id}'] }).tools.map(({ name }) => name)).toEqual(
      ['op7', 'op4999'],
    );
    expect(discover(manyOperations(500)).tools).toHaveLength(500);
  });

  it.each([
    ['no document at all', 'hello', 'tool_source_invalid', /not an OpenAPI document/],
    ['broken JSON', '{"openapi": ', 'invalid_document', /line 1/],
    ['broken YAML', 'openapi: [1\npaths: {', 'invalid_document', /line \d/],
    ['Swagger 2', { swagger: '2.0', paths: {} }, 'tool_source_invalid', /Convert it to OpenAPI 3/],
    ['a version of the future', { openapi: '4.0.0', paths: {} }, 'tool_source_invalid', /3\.0 and 3\.1/],
    ['no paths', { openapi: '3.1.0' }, 'tool_source_invalid', /no "paths"/],
    ['no operations', onPaths({ '/x': {} }), 'tool_source_invalid', /no operations/],
    [
      'a path that is elsewhere',
      onPaths({ '/x': { $ref: 'https://e.example/x.json' } }),
      'tool_source_invalid',
      /leads out of the document/,
    ],
    [
      'a parameter that is elsewhere',
      onPaths({ '/x': { get: { parameters: [{ $ref: 'common.yaml#/Id' }] } } }),
      'tool_source_invalid',
      /leads out of the document/,
    ],
    [
      'a body that is elsewhere',
      onPaths({ '/x': { post: { requestBody: { $ref: '../b.json' } } } }),
      'tool_source_invalid',
      /leads out of the document/,
    ],
    [
      'a parameter without a name',
      onPaths({ '/x': { get: { parameters: [{ in: 'query' }] } } }),
      'tool_source_invalid',
      /GET \/x has a parameter without a name/,
    ],
    [
      'a parameter in no place',
      onPaths({ '/x': { get: { parameters: [{ name: 'a', in: 'moon' }] } } }),
      'tool_source_invalid',
      /other than path, query/,
    ],
    [
      'a style that does not fit',
      onPaths({ '/x': { get: { parameters: [{ name: 'a', in: 'header', style: 'form' }] } } }),
      'tool_source_invalid',
      /the header parameter "a" has the style "form"/,
    ],
    [
      'a server that is no web address',
      onPaths({ '/x': { get: {} } }, { servers: [{ url: 'ftp://x.example' }] }),
      'invalid_argument',
      /plain http or https/,
    ],
    [
      'a server with a password',
      onPaths({ '/x': { get: {} } }, { servers: [{ url: 'https://a:b@x.example' }] }),
      'invalid_argument',
      /without a name, a password/,
    ],
    [
      'a server variable without a value',
      onPaths({ '/x': { get: {} } }, { servers: [{ url: 'https://{zone}.x.example' }] }),
      'invalid_argument',
      /"zone".*give it a value/,
    ],
    [
      'an alias bomb',
      `openapi: 3.0.0\na: &a [${'x,'.repeat(9)}]\n${'bcdefgh'
        .split('')
        .map((name, index) => `${name}: &${name} [${`*${'abcdefg'[index]},`.repeat(9)}]`)
        .join('\n')}\npaths: {}`,
      'invalid_document',
      /aliases|size limit/,
    ],
    ['an anchor that holds itself', 'openapi: 3.0.0\npaths: &p\n  /x: *p\n', 'invalid_document', /nested deeper|alias/],
    [
      'a document that is nested without end',
      `{"openapi": "3.0.0", "paths": ${'{"/a":'.repeat(500)}1${'}'.repeat(500)}}`,
      'invalid_document',
      /nested deeper/,
    ],
    [
      'a document above the limit',
      `openapi: 3.0.0\nx: ${'y'.repeat(10_000_000)}`,
      'payload_too_large',
      /10000000 bytes/,
    ],
  ] as const)('refuses %s', (_what, document, code, message) => {
    expect(() => discover(document)).toThrow(failing(code, message));
  });

  it.each([
    [{}, 'document'],
    [{ document: 'x', url: 'https://e.example' }, 'document'],
    [{ url: 'file:///etc/passwd' }, 'url'],
    [{ document: 'x', server: 'nowhere' }, 'server'],
    [{ document: 'x', operations: 'all' }, 'operations'],
    [{ document: 'x', more: 1 }, ''],
  ])('refuses the source %j', (source, field) => {
    expect(() => readOpenApiSource(source)).toThrow(failing('invalid_argument', /./, field));
  });

  it('refuses to choose operations or tags that do not exist', () => {
    const document = onPaths({ '/x': { get: { tags: ['one'] } } });
    expect(() => discover(document, { operations: ['GET /y'] })).toThrow(
      failing('invalid_argument', /no operation "GET \/y"/, 'operations'),
    );
    expect(() => discover(document, { tags: ['two'] })).toThrow(
      failing('invalid_argument', /Its tags: one \(1\)/, 'tags'),
    );
  });
});
