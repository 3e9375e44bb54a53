import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestDatabase, testDatabase } from '@treadle/testing';
import {
  buildSchema,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isObjectType,
  isRequiredArgument,
} from 'graphql';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Standalone, startStandalone } from '../src/standalone.js';

let database: TestDatabase;
let standalone: Standalone;
let folder: string;
/** The credential of the owner of another organisation. */
let stranger: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'treadle-tenants-'));
  database = await testDatabase();
  standalone = await startStandalone({
    DATABASE_URL: database.connectionString,
    TREADLE_DATA_DIR: folder,
    TREADLE_HTTP_PORT: '0',
    TREADLE_API_KEY: mine,
  });
  const made = await call<{ owner: { invitation: { token: string } } }>(mine, 'POST', '/api/v1/organisations', {
    name: 'Another',
    owner_email: 'stranger@example.com',
  });
  const { token } = made.body.owner.invitation;
  const accepted = { token, password: 'a stranger has a password' };
  const tokens = await call<{ access_token: string }>('', 'POST', '/api/v1/auth/accept-invitation', accepted);
  stranger = tokens.body.access_token;
});
afterAll(async () => {
  await standalone?.stop();
  await database?.drop();
  rmSync(folder, { recursive: true, force: true });
});

const mine = 'tk_for_specs';

async function call<T>(credential: string, method: string, path: string, body?: object | FormData) {
  const form = body instanceof FormData;
  const response = await fetch(`${standalone.url}${path}`, {
    method,
    headers: {
      ...(credential && { authorization: `Bearer ${credential}` }),
      ...(body && !form && { 'content-type': 'application/json' }),
    },
    ...(body && { body: form ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: (/^[{[]/.test(text) ? JSON.parse(text) : undefined) as T };
}

const document = {
  format: 'treadle/v1',
  name: 'ours',
  kind: 'chat',
  nodes: [
    { id: 'start', type: 'start' },
    { id: 'answer', type: 'answer', config: { answer: 'Hello.' } },
  ],
  edges: [{ source: 'start', target: 'answer' }],
};

const triggered = {
  format: 'treadle/v1',
  name: 'triggered',
  kind: 'workflow',
  nodes: [
    { id: 'hook', type: 'webhook' },
    { id: 'yearly', type: 'schedule', config: { cron: '@yearly' } },
    { id: 'end', type: 'end', config: { outputs: [] } },
  ],
  edges: [
    { source: 'hook', target: 'end' },
    { source: 'yearly', target: 'end' },
  ],
};

interface Named {
  readonly id: string;
}

/** One of each kind that has an id, all of the first organisation. */
async function ours(): Promise<Record<'workflow' | 'run' | 'conversation' | 'file' | 'webhook' | 'schedule', string>> {
  const workflow = (await call<Named>(mine, 'POST', '/api/v1/workflows', document)).body.id;
  const started = await call<Named & { conversation_id: string }>(mine, 'POST', `/api/v1/workflows/${workflow}/runs`, {
    query: 'Hello?',
    mode: 'wait',
  });
  const { id: run, conversation_id: conversation } = started.body;
  const form = new FormData();
  form.append('file', new Blob(['# Ours']), 'ours.md');
  const file = (await call<{ items: Named[] }>(mine, 'POST', '/api/v1/files', form)).body.items[0]?.id ?? '';
  const other = (await call<Named>(mine, 'POST', '/api/v1/workflows', triggered)).body.id;
  await call(mine, 'POST', `/api/v1/workflows/${other}/publish`, {});
  const first = async (path: string) => (await call<{ items: Named[] }>(mine, 'GET', path)).body.items[0]?.id ?? '';
  const [webhook, schedule] = [await first('/api/v1/webhooks'), await first('/api/v1/schedules')];
  return { workflow, run, conversation, file, webhook, schedule };
}

it('what belongs to one organisation is not there for another, whichever way it is asked for', async () => {
  const { workflow, run, conversation, file, webhook, schedule } = await ours();
  expect([workflow, run, conversation, file, webhook, schedule].filter((id) => !id)).toEqual([]);
  const v1 = '/api/v1';
  const asked: [method: string, path: string, body?: object][] = [
    ['GET', `${v1}/workflows/${workflow}`],
    ['GET', `${v1}/workflows/${workflow}/versions`],
    ['PUT', `${v1}/workflows/${workflow}`, document],
    ['POST', `${v1}/workflows/${workflow}/publish`, {}],
    ['POST', `${v1}/workflows/${workflow}/runs`, { query: 'Hello?' }],
    ['GET', `${v1}/runs/${run}`],
    ['GET', `${v1}/runs/${run}/events`],
    ['GET', `${v1}/runs/${run}/history`],
    ['GET', `${v1}/runs/${run}/values/${'0'.repeat(64)}`],
    ['POST', `${v1}/runs/${run}/cancel`],
    ['POST', `${v1}/runs/${run}/resume`, {}],
    ['POST', `${v1}/runs/${run}/rerun`, { node: 'answer' }],
    ['GET', `${v1}/conversations/${conversation}`],
    ['GET', `${v1}/conversations/${conversation}/messages`],
    ['PATCH', `${v1}/conversations/${conversation}`, { name: 'mine now' }],
    ['DELETE', `${v1}/conversations/${conversation}`],
    ['GET', `${v1}/files/${file}`],
    ['GET', `${v1}/files/${file}/content`],
    ['DELETE', `${v1}/files/${file}`],
    ['POST', `${v1}/webhooks/${webhook}/rotate-secret`],
    ['POST', `${v1}/schedules/${schedule}/pause`],
    ['POST', `${v1}/schedules/${schedule}/resume`],
    ['DELETE', `${v1}/keys/1`],
  ];
  const open: string[] = [];
  for (const [method, path, body] of asked) {
    const { status } = await call(stranger, method, path, body);
    if (status !== 404) open.push(`${method} ${path}: ${status}`);
  }
  expect(open).toEqual([]);
  for (const list of ['workflows', 'runs', 'conversations', 'webhooks', 'schedules', 'approvals', 'keys']) {
    const { status, body } = await call<{ items: unknown[] }>(stranger, 'GET', `${v1}/${list}`);
    expect([list, status, body.items]).toEqual([list, 200, []]);
  }
  expect((await call(mine, 'GET', `${v1}/conversations/${conversation}`)).status).toBe(200);
  expect((await call(mine, 'GET', `${v1}/files/${file}/content`)).status).toBe(200);
});

/** Every field of a type, and of what it holds. */
function everything(type: GraphQLNamedType, levels: number): string {
  if (!isObjectType(type)) return '';
  const asked = Object.values(type.getFields()).filter(
    (field) => levels > 1 || !isObjectType(getNamedType(field.type)),
  );
  const parts = asked.map(
    (field) => `${field.name}${shortened(field)} ${everything(getNamedType(field.type), levels - 1)}`,
  );
  return `{ __typename ${parts.join(' ')} }`;
}

const shortened = ({ args }: GraphQLField<unknown, unknown>) =>
  args.some(({ name }) => name === 'limit') ? '(limit: 5)' : '';

function question({ name, type, args }: GraphQLField<unknown, unknown>, ids: Record<string, string>): string {
  const given = args.filter(isRequiredArgument).map((argument) => `${argument.name}: "${ids[argument.name]}"`);
  const short = args.some(({ name: one }) => one === 'limit') ? ['limit: 5'] : [];
  const values = [...given, ...short].join(', ');
  return `{ ${name}${values && `(${values})`} ${everything(getNamedType(type), 4)} }`;
}

interface GraphqlAnswer {
  readonly data?: Readonly<Record<string, { readonly items?: readonly unknown[] } | null>>;
  readonly errors?: readonly { readonly extensions: { readonly code: string } }[];
}

const ask = async (credential: string, query: string) =>
  (await call<GraphqlAnswer>(credential, 'POST', '/graphql', { query })).body;

/** What the management model has besides workflows and runs, one of each. */
async function setUp(): Promise<{ dataset: string; document: string; user: string }> {
  const v1 = '/api/v1';
  const dataset = (await call<Named>(mine, 'POST', `${v1}/datasets`, { name: 'ours', embedding: null })).body.id;
  const added = { name: 'ours', text: 'Ours.' };
  const { id } = (await call<Named>(mine, 'POST', `${v1}/datasets/${dataset}/documents`, added)).body;
  const price = { model: 'demo', input_per_million: 1, output_per_million: 2 };
  const saved = [
    await call(mine, 'PUT', `${v1}/models/prices`, price),
    await call(mine, 'PUT', `${v1}/models/budgets/ours`, { scope: 'tenant', period: 'day', limit_usd: 1 }),
    await call(mine, 'PUT', `${v1}/models/routes/ours`, { targets: [{ provider: 'demo', model: 'demo' }] }),
  ];
  expect(saved.map(({ status }) => status)).toEqual([200, 200, 200]);
  const user = (await call<Named>(mine, 'POST', `${v1}/users`, { email: 'we@example.com' })).body.id;
  return { dataset, document: id, user };
}

it('every field of GraphQL shows what is there, and nothing of it to another organisation', async () => {
  const { workflow, run } = await ours();
  const { dataset, document: id, user } = await setUp();
  const text = readFileSync(new URL('../../gateway/schema.graphql', import.meta.url), 'utf8');
  const schema: GraphQLSchema = buildSchema(text);
  const ids: Record<string, string> = { dataset, document: id, run, user, workflow, versions: workflow };
  const [{ name }] = (await ask(mine, '{ toolsets { items { name } } }')).data?.['toolsets']?.items as [
    { name: string },
  ];
  for (const field of Object.values(schema.getQueryType()?.getFields() ?? {})) {
    const query = question(field, { dataset, name, id: ids[field.name] ?? '' });
    const { data, errors } = await ask(mine, query);
    expect(errors, query).toBeUndefined();
    expect(data?.[field.name], field.name).not.toBeNull();
    if (data?.[field.name]?.items && field.name !== 'usage')
      expect(data[field.name]?.items, field.name).not.toEqual([]);
    if (
      !(
        field.name in ids ||
        ['datasets', 'documents', 'runs', 'workflows', 'prices', 'budgets', 'routes'].includes(field.name)
      )
    )
      continue;
    const hidden = await ask(stranger, query);
    if (hidden.data?.[field.name]) expect(hidden.data[field.name]?.items, field.name).toEqual([]);
    else
      expect(
        hidden.errors?.map(({ extensions }) => extensions.code),
        field.name,
      ).toEqual(['not_found']);
  }
});
