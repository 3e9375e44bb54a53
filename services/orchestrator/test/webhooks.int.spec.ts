import { createHmac } from 'node:crypto';
import type { ReceiveWebhookRequest } from '@treadle/contracts';
import type { FailureCode } from '@treadle/failure';
import { InProcessBus } from '@treadle/messaging';
import { testDatabase } from '@treadle/testing';
import type { WorkflowDocumentInput } from '@treadle/workflow';
import { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Rig, startRequest, tenantId } from './rig.js';

/** A workflow with a webhook and a start node; it gives what it was told and how it was begun. */
const hooked = (config: object = {}): WorkflowDocumentInput => ({
  format: 'treadle/v1',
  name: 'hooked',
  nodes: [
    { id: 'start', type: 'start', config: { variables: [{ variable: 'name', type: 'text-input' }] } },
    {
      id: 'hook',
      type: 'webhook',
      config: {
        body: [
          { name: 'name', required: true },
          { name: 'count', type: 'number' },
        ],
        ...config,
      },
    },
    {
      id: 'either',
      type: 'variable-aggregator',
      config: {
        variables: [
          ['hook', 'name'],
          ['start', 'name'],
        ],
      },
    },
    { id: 'end', type: 'end', config: { outputs: [{ variable: 'name', value_selector: ['either', 'output'] }] } },
  ],
  edges: [
    { source: 'start', target: 'either' },
    { source: 'hook', target: 'either' },
    { source: 'either', target: 'end' },
  ],
});

/** A workflow of one entry and its end. */
const alone = (type: string): WorkflowDocumentInput => ({
  format: 'treadle/v1',
  name: type,
  nodes: [
    { id: 'entry', type },
    { id: 'end', type: 'end' },
  ],
  edges: [{ source: 'entry', target: 'end' }],
});

const clock = { at: Date.now() };

let database: Awaited<ReturnType<typeof testDatabase>>;
let one: Rig;
beforeAll(async () => {
  database = await testDatabase();
  one = new Rig(database.connectionString, new InProcessBus(), { now: () => clock.at });
  await one.orchestrator.start();
});
afterAll(async () => {
  await one.close();
  await database.drop();
});

interface Hook {
  readonly id: string;
  readonly secret: string;
}

async function publishedHook(document = hooked()): Promise<Hook & { workflowId: string }> {
  const { id: workflowId, webhooks } = await one.publish(document);
  return { workflowId, id: webhooks[0]?.webhook?.id ?? '', secret: webhooks[0]?.secret ?? '' };
}

function request({ id, secret }: Hook, body: string, more: Partial<ReceiveWebhookRequest> = {}): ReceiveWebhookRequest {
  const seconds = Math.floor(clock.at / 1000);
  const signature = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
  const headers = [
    { name: 'content-type', value: 'application/json; charset=utf-8' },
    { name: 'treadle-signature', value: `t=${seconds},v1=${signature}` },
  ];
  return { webhookId: id, method: 'POST', query: '', headers, body: Buffer.from(body), traceparent: '', ...more };
}

const receive = (asked: ReceiveWebhookRequest) => one.orchestrator.controllers.entries.receiveWebhook(asked);

async function refused(asked: ReceiveWebhookRequest): Promise<[FailureCode, string | undefined]> {
  const error = await receive(asked).then(
    () => undefined,
    (why: { failure: { code: FailureCode; field?: string } }) => why,
  );
  return [error!.failure.code, error!.failure.field];
}

describe('webhooks', () => {
  it('begin a run at their node with typed values; a caller begins the same workflow at its start node', async () => {
    const hook = await publishedHook();
    const { run, wait, repeatedStart } = await receive(request(hook, '{"name":"Ada","count":"3"}'));
    expect([wait, repeatedStart]).toEqual([false, false]);
    expect(run).toMatchObject({ status: 'completed', outputsJson: '{"name":"Ada"}', version: 1 });
    expect(JSON.parse(run!.inputsJson)).toMatchObject({ name: 'Ada', count: 3, body: { count: '3' } });
    const { nodeRuns } = await one.read(run!.id);
    expect(nodeRuns.map(({ nodeId, status }) => `${nodeId} ${status}`)).toContain('start skipped');
    const [called] = await one.start(hook.workflowId, { inputsJson: '{"name":"Bob"}' });
    expect(called?.run?.outputsJson).toBe('{"name":"Bob"}');
  });

  it('take a signed request once, however often and at once it comes', async () => {
    const hook = await publishedHook();
    const asked = request(hook, '{"name":"once"}');
    const answers = await Promise.all(Array.from({ length: 8 }, () => receive(asked)));
    expect(new Set(answers.map(({ run }) => run?.id)).size).toBe(1);
    expect(answers.filter(({ repeatedStart }) => !repeatedStart)).toHaveLength(1);
    expect(await one.runsOf(hook.workflowId)).toHaveLength(1);
    clock.at += 301_000;
    expect(await refused(asked)).toEqual(['unauthenticated', 'Treadle-Signature']);
    const signed = await receive(request(hook, '{"name":"once"}'));
    expect(signed.repeatedStart).toBe(false);
  });

  it('refuse what is not theirs, naming what is wrong', async () => {
    const hook = await publishedHook();
    const other = { id: hook.id, secret: 'whsec_other' };
    const asked = request(hook, '{"name":1}');
    expect(await refused(request(other, '{"name":"x"}'))).toEqual(['unauthenticated', 'Treadle-Signature']);
    expect(await refused({ ...asked, headers: [] })).toEqual(['unauthenticated', 'Treadle-Signature']);
    expect(await refused({ ...asked, method: 'PUT' })).toEqual(['method_not_allowed', undefined]);
    expect(await refused({ ...asked, webhookId: 'x'.repeat(22) })).toEqual(['not_found', undefined]);
    expect(await refused({ ...asked, webhookId: '../etc' })).toEqual(['not_found', undefined]);
    expect(await refused(asked)).toEqual(['invalid_inputs', 'body.name']);
    expect(await refused(request(hook, '{'))).toEqual(['invalid_argument', 'body']);
    const multipart = asked.headers.map((header) =>
      header.name === 'content-type' ? { ...header, value: 'multipart/form-data; boundary=x' } : header,
    );
    expect(await refused({ ...asked, headers: multipart })).toEqual(['unsupported_media_type', 'Content-Type']);
    expect(await one.runsOf(hook.workflowId)).toEqual([]);
  });

  it('keep id and secret over versions, show the secret once, and are gone when the version has them no more', async () => {
    const hook = await publishedHook();
    const [kept] = await one.republish(hook.workflowId, hooked({ signature: 'none' }));
    expect(kept).toMatchObject({ webhook: { id: hook.id, version: 2 }, secret: '' });
    const unsigned = { ...request(hook, '{"name":"open"}'), headers: [] };
    const typed = { ...unsigned, headers: [{ name: 'content-type', value: 'application/json' }] };
    expect((await receive(typed)).run).toMatchObject({ status: 'completed', version: 2 });
    await one.republish(hook.workflowId, hooked());
    expect((await receive(request(hook, '{"name":"signed"}'))).run).toMatchObject({ version: 3 });
    await one.republish(hook.workflowId, alone('start'));
    expect(await refused(request(hook, '{"name":"gone"}'))).toEqual(['not_found', undefined]);
    const { webhooks } = await one.orchestrator.controllers.entries.listWebhooks({
      tenantId,
      workflowId: hook.workflowId,
    });
    expect(webhooks).toMatchObject([{ id: hook.id, active: false }]);
  });

  it('take only the new secret after it was changed, and keep it sealed', async () => {
    const hook = await publishedHook();
    const { controllers } = one.orchestrator;
    const { secret } = await controllers.entries.rotateWebhookSecret({ tenantId, webhookId: hook.id });
    expect(await refused(request(hook, '{"name":"old"}'))).toEqual(['unauthenticated', 'Treadle-Signature']);
    expect((await receive(request({ ...hook, secret }, '{"name":"new"}'))).repeatedStart).toBe(false);
    const pool = new Pool({ connectionString: database.connectionString });
    const { rows } = await pool.query<{ row: string }>('select w::text as row from orchestrator.webhooks w');
    await pool.end();
    expect(rows.some(({ row }) => row.includes(secret) || row.includes(hook.secret))).toBe(false);
    await expect(
      controllers.entries.rotateWebhookSecret({ tenantId: 'another', webhookId: hook.id }),
    ).rejects.toMatchObject({ failure: { code: 'not_found' } });
  });
});

describe('a workflow without a start node', () => {
  it('cannot be started by a call, which is told what begins it', async () => {
    const { id } = await one.publish(alone('webhook'));
    const start = one.orchestrator.controllers.runs.startRun(startRequest(id))[Symbol.asyncIterator]();
    await expect(start.next()).rejects.toMatchObject({
      failure: { code: 'workflow_not_runnable', message: expect.stringContaining('"entry" (webhook)') },
    });
  });
});
