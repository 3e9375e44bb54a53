import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Pool } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { chatDocument, type DifyStack, formDocument, startDifyStack, workflowDocument } from './dify/dify-stack.js';

let stack: DifyStack;
let pool: Pool;
let apps: Record<'chat' | 'caller' | 'writer' | 'form', { id: string; key: string }>;

/** Its node calls another workflow as a tool. */
const callerDocument = {
  ...workflowDocument,
  name: 'caller',
  nodes: [
    workflowDocument.nodes[0]!,
    {
      id: 'call',
      type: 'tool',
      config: {
        toolset: 'workflow',
        tool: 'writer',
        arguments: { topic: { type: 'mixed', value: '{{#start.topic#}}' } },
      },
    },
    { id: 'end', type: 'end', config: { outputs: [{ variable: 'text', value_selector: ['call', 'text'] }] } },
  ],
  edges: [
    { source: 'start', target: 'call' },
    { source: 'call', target: 'end' },
  ],
};

beforeAll(async () => {
  stack = await startDifyStack();
  pool = new Pool({ connectionString: stack.connectionString });
  const writer = await stack.app(workflowDocument);
  await stack.native('POST', `workflows/${writer.id}/publish`, {});
  apps = {
    writer,
    chat: await stack.app(chatDocument),
    caller: await stack.app(callerDocument),
    form: await stack.app(formDocument),
  };
});
afterAll(async () => {
  await pool?.end();
  await stack?.stop();
});

async function send(
  app: keyof typeof apps,
  method: string,
  path: string,
  body?: object,
): Promise<Record<string, never>> {
  const reply = await stack.send(apps[app].key, method, path, body);
  const text = await reply.text();
  if (!reply.ok) throw new Error(`${method} ${path}: ${text}`);
  return text === '' ? {} : (JSON.parse(text) as Record<string, never>);
}

/** Everything an end user can leave behind, each with their mark in it. */
async function leaveTraces(mark: string): Promise<void> {
  const user = `user-${mark}`;
  const asked = { inputs: { topic: `topic-${mark}` }, user };
  const said = await send('chat', 'POST', '/chat-messages', { ...asked, query: `query-${mark}` });
  await send('chat', 'POST', `/messages/${said['message_id']}/feedbacks`, {
    ...{ rating: 'dislike', content: `feedback-${mark}`, user },
  });
  await send('chat', 'POST', `/conversations/${said['conversation_id']}/name`, { name: `name-${mark}`, user });
  const form = new FormData();
  form.append('user', user);
  form.append('file', new Blob([`content-${mark}`], { type: 'text/plain' }), `file-${mark}.txt`);
  const headers = { authorization: `Bearer ${apps.chat.key}` };
  const uploaded = await fetch(`${stack.baseUrl}/files/upload`, { method: 'POST', headers, body: form });
  const { id: upload_file_id } = (await uploaded.json()) as { id: string };
  const files = [{ type: 'document', transfer_method: 'local_file', upload_file_id }];
  await send('chat', 'POST', '/chat-messages', { inputs: {}, user, query: 'and a file', files });
  // More than travels: it goes to the file store.
  const run = await send('writer', 'POST', '/workflows/run', {
    ...{ user, inputs: { topic: `large-${mark} ${'x'.repeat(300_000)}` } },
  });
  await stack.native('POST', `runs/${run['workflow_run_id']}/rerun`, { node: 'llm' });
  const called = await send('caller', 'POST', '/workflows/run', { user, inputs: { topic: `called-${mark}` } });
  expect(called).toMatchObject({ data: { status: 'succeeded', error: null } });
  await stack.send(apps.form.key, 'POST', '/workflows/run', { user, inputs: {}, response_mode: 'streaming' });
  await stack.native('POST', `workflows/${apps.writer.id}/runs`, {
    ...{ user, inputs: { topic: `failing-${mark}, break` }, mode: 'wait' },
  });
}

/** Where the mark is: every column of every row of every table, and every file. */
async function whereIs(mark: string): Promise<string[]> {
  const { rows: tables } = await pool.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables
     where schemaname not in ('pg_catalog', 'information_schema')`,
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const { rows } = await pool.query(
      `select count(*)::int as n from ${name} as t where strpos(t::text, $1) > 0 or strpos(t::text, $2) > 0`,
      [mark, Buffer.from(mark).toString('hex')],
    );
    if (rows[0].n > 0) found.push(name);
  }
  const files = readdirSync(stack.folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  for (const { parentPath, name } of files)
    if (readFileSync(join(parentPath, name)).includes(mark)) found.push('a file');
  return found.sort();
}

interface Report {
  readonly id: string;
  readonly status: string;
  readonly end_user: string | null;
  readonly error: string | null;
  readonly found: Record<string, number> | null;
  readonly left: Record<string, number> | null;
  readonly cancelled_runs: number;
}

const erase = (body: object) => stack.native<Report>('POST', 'erasures', body);

async function untilIt(id: string, fits: (report: Report) => boolean): Promise<Report> {
  for (;;) {
    const report = await stack.native<Report>('GET', `erasures/${id}`);
    if (fits(report)) return report;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

it('an end user is forgotten everywhere, also when everything stops half-way, and nobody else is', async () => {
  await leaveTraces('9f3aada');
  await leaveTraces('77b1eve');
  const bystander = await whereIs('77b1eve');
  expect(bystander).toEqual(expect.arrayContaining(['a file', 'gateway.end_user', 'tool_registry.tool_call']));
  expect(await whereIs('9f3aada')).toEqual(bystander);
  const used = await pool.query('select sum(input_tokens) as tokens, count(*) as calls from model_proxy.usage_ledger');

  const looked = await erase({ end_user: 'user-9f3aada', dry_run: true });
  const report = await untilIt(looked.id, ({ status }) => status === 'completed');
  const found = {
    ...{ approvals: 1, called_runs: 1, conversations: 2, end_users: 4, feedback: 1, files: 1, messages: 2, runs: 7 },
    ...{ run_entries: expect.any(Number), tool_calls: 1, usage_records: expect.any(Number) },
  };
  expect(report).toMatchObject({ end_user: null, found, left: null, cancelled_runs: 0 });
  expect(await whereIs('9f3aada')).toEqual(bystander);

  // Runs can be deleted, conversations cannot: so it stops in the middle.
  await pool.query(
    `create function refuse() returns trigger language plpgsql as $$ begin raise exception 'not now'; end $$`,
  );
  await pool.query(
    `create trigger refused before delete on orchestrator.conversations for each row execute function refuse()`,
  );
  const begun = await erase({ end_user: 'user-9f3aada' });
  expect((await erase({ end_user: 'user-9f3aada' })).id).toBe(begun.id);
  const stuck = await untilIt(begun.id, ({ error }) => error !== null);
  expect(stuck).toMatchObject({ status: 'running', end_user: 'user-9f3aada', found });
  await stack.restart(async () => {
    await pool.query('drop trigger refused on orchestrator.conversations');
    await pool.query('update gateway.erasure set due_at = now()');
  });
  const done = await untilIt(begun.id, ({ status }) => status === 'completed');
  expect(done).toMatchObject({ end_user: null, error: null, found, cancelled_runs: 1 });
  expect(Object.values(done.left!).every((count) => count === 0)).toBe(true);

  expect(await whereIs('9f3aada')).toEqual([]);
  expect(await whereIs('77b1eve')).toEqual(bystander);
  const after = await pool.query('select sum(input_tokens) as tokens, count(*) as calls from model_proxy.usage_ledger');
  expect(after.rows).toEqual(used.rows);
}, 60_000);

it('how long things are kept is set by the organisation', async () => {
  expect(await stack.native('GET', 'organisation/retention')).toMatchObject({ runs: null, effective: { runs: 0 } });
  const set = { runs: 30, conversations: 0, files: null, effective: { runs: 30, conversations: 0, files: 0 } };
  expect(await stack.native('PUT', 'organisation/retention', { runs: 30, conversations: 0 })).toEqual(set);
  expect(await stack.native('GET', 'organisation/retention')).toEqual(set);
  const { items } = await stack.native<{ items: object[] }>('GET', 'audit?kind=retention&limit=1');
  expect(items).toMatchObject([{ action: 'retention.save', before: { runs: null }, after: { runs: 30 } }]);
});

it('is recorded without the name, and only for the organisation that asks', async () => {
  const { id } = await erase({ end_user: 'user-somebody-else' });
  await untilIt(id, ({ status }) => status === 'completed');
  const { items } = await stack.native<{ items: object[] }>('GET', 'audit?kind=erasure&limit=1');
  expect(items).toMatchObject([{ action: 'erasure.create', outcome: 'done', object: { id } }]);
  expect(JSON.stringify(items)).not.toContain('somebody-else');
  const stranger = await stack.stranger();
  const reply = await fetch(`${stack.baseUrl.replace(/\/v1$/, '')}/api/v1/erasures/${id}`, {
    headers: { authorization: `Bearer ${stranger}` },
  });
  expect(reply.status).toBe(404);
});
