import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Servers } from './mcp-servers.js';
import { callOf, RegistryUnderTest, type Replica, registrationOf, tenantId } from './registry-under-test.js';

const servers = new Servers();
let test: RegistryUnderTest;
let replica: Replica;

beforeAll(async () => {
  test = await RegistryUnderTest.open();
  replica = await test.replica();
});

afterAll(async () => {
  await test.close();
  await servers.end();
});

const describeAll = async (toolset: string) =>
  (await replica.tools.describeTools({ tenantId, tools: [{ toolset, tool: '' }], routingKey: 'r' })).tools;

const register = (name: string, kind: string, source: object) =>
  replica.admin.registerToolset(registrationOf(name, {}, { kind, sourceJson: JSON.stringify(source) }));

describe('toolsets of others, through the service', () => {
  it('come from an MCP server', async () => {
    await register('everything', 'mcp', { url: await servers.everything() });
    const tools = await describeAll('everything');
    expect(tools.map(({ name }) => name?.tool)).toEqual(expect.arrayContaining(['echo', 'get-sum', 'get-tiny-image']));
    const echoed = await replica.tools.callTool(callOf('everything', 'echo', { args: { message: 'hello' } }));
    expect(echoed).toMatchObject({ text: 'Echo: hello', isError: false, version: 1 });
    const image = await replica.tools.callTool(callOf('everything', 'get-tiny-image'));
    expect(image.files).toEqual([expect.objectContaining({ name: 'image-1.png', mediaType: 'image/png' })]);
  });

  it('come from the Petstore', async () => {
    const document = await readFile(new URL('openapi/petstore.yaml', import.meta.url), 'utf8');
    const server = await servers.serve((request, response) => {
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ asked: `${request.method} ${request.url}` }));
    });
    await register('petstore', 'openapi', { document, server: `${server}/api/v3` });
    expect(await describeAll('petstore')).toHaveLength(19);
    const answer = await replica.tools.callTool(callOf('petstore', 'findPetsByTags', { args: { tags: ['a', 'b c'] } }));
    expect(JSON.parse(answer.json)).toEqual({ asked: 'GET /api/v3/pet/findByTags?tags=a&tags=b%20c' });
    const refused = replica.tools.callTool(callOf('petstore', 'getPetById', { args: { petId: 'seven' } }));
    await expect(refused).rejects.toMatchObject({ failure: { code: 'tool_arguments_invalid' } });
  });

  it.each([
    ['openapi', { document: '{"swagger": "2.0"}' }, 'tool_source_invalid'],
    [
      'openapi',
      { document: '{"openapi": "3.1.0", "paths": {"/x": {"$ref": "https://e.example/x"}}}' },
      'tool_source_invalid',
    ],
    ['mcp', { url: 'http://169.254.169.254/mcp' }, 'address_blocked'],
    ['mcp', { url: 'http://127.0.0.2:1/mcp' }, 'address_blocked'],
    ['mcp', { url: 'nowhere' }, 'invalid_argument'],
  ])('are refused with what to do: %s %j', async (kind, source, code) => {
    await expect(register('bad', kind, source)).rejects.toMatchObject({ failure: { code } });
  });
});
