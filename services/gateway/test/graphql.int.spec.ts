import { randomUUID } from 'node:crypto';
import { getIntrospectionQuery } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { managementFields } from '../src/api/graphql/management-fields.js';
import { permissions } from '../src/domain/access/permissions.js';
import { builtInRoles, permissionsOf } from '../src/domain/access/roles.js';
import { chatDocument, type GatewayUnderTest, startGateway } from './gateway-under-test.js';
import { GraphqlClient, sha256 } from './graphql-client.js';
import { People } from './people.js';

let gateway: GatewayUnderTest;
let people: People;
let client: GraphqlClient;
let workflowId: string;
let runId: string;

beforeAll(async () => {
  gateway = await startGateway();
  people = new People(gateway);
  client = new GraphqlClient(gateway);
  const stored = await people.owner().send('POST', '/api/v1/workflows', chatDocument);
  workflowId = ((await stored.json()) as { id: string }).id;
  const started = await people
    .owner()
    .send('POST', `/api/v1/workflows/${workflowId}/runs`, { query: 'Hi', mode: 'async' });
  runId = ((await started.json()) as { id: string }).id;
});
afterAll(() => gateway.close());

async function keyOf(scopes: readonly string[], bound: object = {}): Promise<string> {
  const made = await people.owner().send('POST', '/api/v1/keys', { name: 'k', scopes, ...bound });
  return ((await made.json()) as { key: string }).key;
}

describe('reading', () => {
  it('shows what the REST API shows, by the same names', async () => {
    const shown = await people.owner().get(`/api/v1/workflows/${workflowId}`);
    const { status, data } = await client.ask(
      `query One($id: String!) { workflow(id: $id) { id name description latest_version published_version created_at
        updated_at version published format warnings { code message node field } document } }`,
      { id: workflowId },
    );
    expect(status).toBe(200);
    expect(data).toEqual({ workflow: shown });
  });

  it('leads from workflows to their runs and back, and reads the same thing once', async () => {
    const before = gateway.orchestrator.listed.length;
    const { data } = await client.ask(
      `{ workflows { items { id versions { items { version published } }
        runs(limit: 3, status: "running") { items { id node_runs { key } workflow { name } } next_cursor } } next_cursor } }`,
    );
    const runs = { items: [{ id: runId, node_runs: [], workflow: { name: 'chat' } }], next_cursor: 'next' };
    const items = [{ id: workflowId, versions: { items: [{ version: 1, published: false }] }, runs }];
    expect(data).toEqual({ workflows: { items, next_cursor: null } });
    expect(gateway.orchestrator.listed.slice(before)).toEqual([
      expect.objectContaining({ tenantId: 'default', workflowId, limit: 3, statuses: ['running'], cursor: '' }),
    ]);
  });

  it('pages by the limit and the cursor of the REST API, and refuses what that refuses', async () => {
    await people.invite('a@example.com', 'viewer');
    await people.invite('b@example.com', 'viewer');
    const query = 'query Page($cursor: String) { users(limit: 1, cursor: $cursor) { items { email } next_cursor } }';
    const first = await client.ask(query);
    expect(first.data).toEqual({ users: { items: [{ email: 'a@example.com' }], next_cursor: 'a@example.com' } });
    const second = await client.ask(query, { cursor: 'a@example.com' });
    expect(second.data).toMatchObject({ users: { items: [{ email: 'b@example.com' }] } });
    const refused = await client.ask('{ runs(limit: 101) { next_cursor } }');
    expect(refused).toMatchObject({
      status: 200,
      data: { runs: null },
      errors: [{ path: ['runs'], extensions: { code: 'invalid_argument', field: 'limit', status: 400 } }],
    });
  });

  it('says of what is not there what the REST API says, and still answers the rest', async () => {
    const answer = await client.ask(`{ run(id: "${randomUUID()}") { id } roles { items { name } } }`);
    expect(answer.data).toMatchObject({ run: null, roles: { items: expect.arrayContaining([{ name: 'owner' }]) } });
    expect(answer.errors).toEqual([
      expect.objectContaining({
        path: ['run'],
        extensions: expect.objectContaining({ code: 'not_found', status: 404, request_id: expect.any(String) }),
      }),
    ]);
  });

  it('keeps the reason of a bug to itself', async () => {
    const source = { format: 'treadle', documentJson: '{ password: 1234', warningsJson: '', original: '' };
    const workflow = { ...gateway.orchestrator.stored.get(workflowId)!.workflow, id: 'broken' };
    gateway.orchestrator.stored.set('broken', { workflow, versions: [{ source, published: false }] });
    const { errors } = await client.ask('{ workflow(id: "broken") { name } }');
    gateway.orchestrator.stored.delete('broken');
    expect(errors).toMatchObject([{ extensions: { code: 'internal', status: 500 } }]);
    expect(JSON.stringify(errors)).not.toContain('1234');
  });
});

/** A question for each field, with ids that nothing has. */
function questions(): Record<string, { readonly query: string; readonly needs: string; readonly about: unknown }> {
  return Object.fromEntries(
    Object.entries(managementFields).map(([name, { ids, access }]) => {
      const values = ids.map((id) => `${id}: "${randomUUID()}"`).join(', ');
      const query = `{ ${name}${values && `(${values})`} { __typename } }`;
      return [name, { query, needs: access.needs, about: 'about' in access ? access.about : undefined }];
    }),
  );
}

describe('who may ask for what', () => {
  it('wants a credential', async () => {
    for (const credential of ['garbage', `tk_${'x'.repeat(43)}`]) {
      const refused = await new GraphqlClient(gateway, credential).ask('{ __typename }');
      expect(refused).toMatchObject({ status: 401, errors: [{ extensions: { code: 'unauthenticated' } }] });
    }
  });

  it.each(Object.keys(builtInRoles))(
    'denies the role %s the fields that it lacks a permission for, and no others',
    async (role) => {
      const { access_token } = await people.join(`${role}@example.com`, role);
      const held: ReadonlySet<string> = permissionsOf(role, 'default', undefined);
      const asking = new GraphqlClient(gateway, access_token);
      for (const [name, { query, needs }] of Object.entries(questions())) {
        const { status, errors, data } = await asking.ask(query);
        expect(status, name).toBe(held.has(needs) ? 200 : 403);
        if (held.has(needs)) continue;
        expect(errors, name).toMatchObject([{ extensions: { code: 'permission_denied' } }]);
        expect(errors?.[0]?.message, name).toContain(needs);
        expect(data, name).toBeUndefined();
      }
    },
  );

  it('asks for the permission of what a field leads to as well', async () => {
    const asking = new GraphqlClient(gateway, await keyOf(['runs:read']));
    expect((await asking.ask(`{ run(id: "${runId}") { id node_runs { key } } }`)).data).toEqual({
      run: { id: runId, node_runs: [] },
    });
    const leading = '{ runs { items { ...Way } } } fragment Way on Run { workflow { name } }';
    expect(await asking.ask(leading)).toMatchObject({
      status: 403,
      errors: [{ extensions: { code: 'permission_denied' } }],
    });
  });

  it('shows a key that is bound to a workflow that and nothing else', async () => {
    const scopes = Object.keys(permissions);
    const own = new GraphqlClient(gateway, await keyOf(scopes, { workflow_id: workflowId }));
    const foreign = new GraphqlClient(gateway, await keyOf(scopes, { workflow_id: randomUUID() }));
    for (const [name, { query, about }] of Object.entries(questions())) {
      const ofAnApp = about !== undefined && !JSON.stringify(about).includes('dataset');
      expect((await own.ask(query)).status, name).toBe(ofAnApp ? 200 : 403);
    }
    const query = `{ workflow(id: "${workflowId}") { name runs { items { id } } } run(id: "${runId}") { id } }`;
    expect((await own.ask(query)).errors).toBeUndefined();
    const hidden = await foreign.ask(query);
    expect(hidden.data).toEqual({ workflow: null, run: null });
    expect(hidden.errors?.map(({ extensions }) => extensions['code'])).toEqual(['not_found', 'not_found']);
    await own.ask('{ runs { next_cursor } }');
    expect(gateway.orchestrator.listed.at(-1)).toMatchObject({ workflowId });
  });

  it('reads with the organisation of the credential', async () => {
    const created = await people
      .owner()
      .send('POST', '/api/v1/organisations', { name: 'B', owner_email: 'b@b.example' });
    const { id, owner } = (await created.json()) as { id: string; owner: { invitation: { token: string } } };
    const { access_token } = await people.accept(owner.invitation.token, 'the password of b');
    const asking = new GraphqlClient(gateway, access_token);
    const { data } = await asking.ask('{ organisation { id name } users { items { email } } runs { next_cursor } }');
    expect(data).toMatchObject({ organisation: { id, name: 'B' }, users: { items: [{ email: 'b@b.example' }] } });
    expect(gateway.orchestrator.listed.at(-1)).toMatchObject({ tenantId: id });
  });

  it('tells of its schema only those who may see workflows', async () => {
    const introspection = getIntrospectionQuery();
    const told = await client.ask(introspection);
    expect(told.errors).toBeUndefined();
    expect(told.data).toHaveProperty('__schema');
    const { access_token } = await people.join('reader@example.com', 'viewer');
    expect((await new GraphqlClient(gateway, access_token).ask('{ __type(name: "Run") { name } }')).data).toEqual({
      __type: { name: 'Run' },
    });
    for (const key of [await keyOf(['runs:read']), await keyOf(['workflows:read'], { workflow_id: workflowId })])
      for (const query of [
        introspection,
        '{ __type(name: "Run") { name } }',
        '{ ...A } fragment A on Query { __schema { types { name } } }',
      ])
        expect(await new GraphqlClient(gateway, key).ask(query)).toMatchObject({ status: 403 });
  });

  it('writes denials into the audit log', async () => {
    const key = await keyOf(['runs:read']);
    await new GraphqlClient(gateway, key).ask('{ users { next_cursor } }');
    const { items } = (await people.owner().get('/api/v1/audit?action=access.denied&limit=1')) as {
      items: { object: object; details: object }[];
    };
    expect(items).toMatchObject([
      { object: { id: 'POST /graphql' }, details: { status: 403, code: 'permission_denied' } },
    ]);
  });
});

describe('what is too much', () => {
  const many = (count: number, one: (index: number) => string) =>
    Array.from({ length: count }, (_, index) => one(index)).join(' ');
  const doubling = `query { ...F0 } ${many(30, (n) => `fragment F${n} on Query { ...F${n + 1} ...F${n + 1} }`)} fragment F30 on Query { roles { items { name } } }`;
  const wide = `{ ${many(20, (n) => `f${n}: workflow(id: "x") { id }`)} }`;
  const bombs: Record<string, string> = {
    'a value that is nested without end': `{ workflow(id: ${'['.repeat(5000)}${']'.repeat(5000)}) { id } }`,
    'a query that is too deep': `{ runs { items { ${'workflow { runs { items { '.repeat(3)} id ${' } } }'.repeat(3)} } } }`,
    'many aliases': wide,
    'aliases in fragments': `{ ...A ...B } fragment A on Query { ${many(8, (n) => `a${n}: roles { __typename }`)} } fragment B on Query { ${many(8, (n) => `b${n}: roles { __typename }`)} }`,
    'many fields': `{ roles { items { ${'name '.repeat(600)} } } }`,
    'fragments that double': doubling,
    'fragments in a circle': '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }',
    'a fragment that spreads itself':
      '{ runs { items { ...A } } } fragment A on Run { workflow { runs { items { ...A } } } }',
    'many directives': `{ roles ${'@include(if: true) '.repeat(30)} { __typename } }`,
    'many operations': many(20, (n) => `query Q${n} { roles { __typename } }`),
    'large pages of large pages':
      '{ workflows(limit: 100) { items { runs(limit: 100) { items { id status version } } } } }',
    'a large page by a variable': 'query ($limit: Int = 100000) { runs(limit: $limit) { items { id } } }',
    'introspection without end':
      '{ __schema { types { fields { type { fields { type { fields { type { name } } } } } } } } }',
    'the schema many times': `{ ${many(6, (n) => `s${n}: __schema { types { name } }`)} }`,
    'many tokens': `{ runs(status: [${'"running" '.repeat(3000)}]) { next_cursor } }`,
    'no end of brackets': `{${'a{'.repeat(900)}`,
    'a field that is not there': '{ secrets { id } }',
    'no GraphQL': 'select * from users',
    nothing: '',
    'a change': 'mutation { deleteAll }',
    'a subscription': `subscription { run_events(id: "x") { id } }`,
  };

  it.each(Object.keys(bombs))('refuses %s with 400', async (name) => {
    const answer = await client.ask(bombs[name]!);
    expect(answer).toMatchObject({
      status: 400,
      errors: [{ extensions: { code: 'invalid_argument', field: 'query' } }],
    });
    expect(answer.data).toBeUndefined();
  });

  it('says what the limit is and what to do', async () => {
    const { errors } = await client.ask(bombs['many aliases']!);
    expect(errors).toMatchObject([
      {
        message: 'The query has 20 aliases; at most 15 are taken. Ask in several requests.',
        extensions: { hint: 'Ask in several requests.' },
      },
    ]);
  });

  it('names no field that somebody did not', async () => {
    expect(JSON.stringify(await client.ask('{ workflow { idd } }'))).not.toMatch(/did you mean/i);
  });

  it.each([
    ['a batch', [{ query: '{ roles { __typename } }' }, { query: '{ roles { __typename } }' }], 400],
    ['fields that it does not know', { query: '{ roles { __typename } }', id: 1 }, 400],
    ['variables that are no object', { query: '{ roles { __typename } }', variables: [1] }, 400],
    ['a body that is too large', { query: '{ roles { __typename } }', variables: { x: 'x'.repeat(70_000) } }, 413],
    ['an operation that is not there', { query: 'query A { roles { __typename } }', operationName: 'B' }, 400],
    [
      'several operations without a name',
      { query: 'query A { roles { __typename } } query B { roles { __typename } }' },
      400,
    ],
    [
      'a variable of another type',
      { query: 'query ($n: Int) { runs(limit: $n) { next_cursor } }', variables: { n: 'x' } },
      400,
    ],
  ])('refuses %s', async (_, body, status) => {
    const answer = await client.send(body);
    expect(answer.status).toBe(status);
    expect(answer.errors).toHaveLength(1);
  });

  it('takes no query by GET', async () => {
    const answer = await gateway.call(`/graphql?query=${encodeURIComponent('{ roles { __typename } }')}`);
    expect(answer.status).toBe(405);
  });
});

describe('persisted queries', () => {
  it('are asked by their hash once somebody has sent them', async () => {
    const query = '{ roles { items { built_in } } }';
    expect(await client.askPersisted(query, 'hash')).toEqual({
      status: 200,
      errors: [{ message: 'PersistedQueryNotFound', extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }],
    });
    expect((await client.askPersisted(query, 'both')).data).toHaveProperty('roles');
    expect((await client.askPersisted(query, 'hash')).data).toHaveProperty('roles');
  });

  it('are those of an organisation', async () => {
    const query = '{ organisation { name } }';
    await client.askPersisted(query, 'both');
    const created = await people
      .owner()
      .send('POST', '/api/v1/organisations', { name: 'C', owner_email: 'c@c.example' });
    const { owner } = (await created.json()) as { owner: { invitation: { token: string } } };
    const { access_token } = await people.accept(owner.invitation.token, 'the password of c');
    const answer = await new GraphqlClient(gateway, access_token).askPersisted(query, 'hash');
    expect(answer.errors).toMatchObject([{ message: 'PersistedQueryNotFound' }]);
  });

  it('are not kept when they are bad, nor under another hash', async () => {
    const bad = '{ secrets }';
    expect((await client.askPersisted(bad, 'both')).status).toBe(400);
    expect((await client.askPersisted(bad, 'hash')).errors).toMatchObject([{ message: 'PersistedQueryNotFound' }]);
    const extensions = { persistedQuery: { version: 1, sha256Hash: sha256('something else') } };
    const field = 'extensions.persistedQuery.sha256Hash';
    expect(await client.send({ query: '{ roles { __typename } }', extensions })).toMatchObject({
      status: 400,
      errors: [{ extensions: { code: 'invalid_argument', field } }],
    });
    expect((await client.send({ extensions })).errors).toMatchObject([{ message: 'PersistedQueryNotFound' }]);
  });

  it('still ask for permissions', async () => {
    const query = '{ users { next_cursor } }';
    await client.askPersisted(query, 'both');
    const answer = await new GraphqlClient(gateway, await keyOf(['runs:read'])).askPersisted(query, 'hash');
    expect(answer.status).toBe(403);
  });
});
