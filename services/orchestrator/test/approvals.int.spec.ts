import type { Approval } from '@treadle/contracts';
import { InProcessBroker, InProcessBus } from '@treadle/messaging';
import { testDatabase } from '@treadle/testing';
import type { WorkflowDocumentInput } from '@treadle/workflow';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { executeAll, Rig, tenantId, twoTasks, until } from './rig.js';

let connectionString: string;
const cleanups: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  const database = await testDatabase();
  connectionString = database.connectionString;
  return () => database.drop();
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function rig(options: { readonly alone?: boolean } = { alone: true }, broker = new InProcessBroker()) {
  const bus = new InProcessBus({ broker });
  const made = new Rig(connectionString, bus, options);
  cleanups.push(() => made.close());
  await made.orchestrator.start();
  return { made, bus };
}

/** Asks for a reason and a size, and says what was chosen. */
const asking: WorkflowDocumentInput = {
  format: 'treadle/v1',
  name: 'asking',
  nodes: [
    { id: 'start', type: 'start', config: { variables: [{ variable: 'name', type: 'text-input' }] } },
    {
      id: 'ask',
      type: 'human-input',
      title: 'Ask the boss',
      config: {
        form_content: 'May {{#start.name#}} go?',
        inputs: [
          { output_variable_name: 'why', default: { value: 'because' } },
          { output_variable_name: 'size', type: 'select', option_source: { value: ['S', 'L'] } },
        ],
        user_actions: [{ id: 'yes', title: 'Yes' }, { id: 'no' }],
      },
    },
    { id: 'end', type: 'end', config: { outputs: [{ variable: 'why', value_selector: ['ask', 'why'] }] } },
  ],
  edges: [
    { source: 'start', target: 'ask' },
    { source: 'ask', target: 'end', source_handle: 'yes' },
  ],
};

const guarded = (approval: object): WorkflowDocumentInput => ({
  ...twoTasks,
  nodes: twoTasks.nodes.map((node) => (node.id === 'a' ? { ...node, approval } : node)),
});

async function ask(made: Rig, document = asking): Promise<{ runId: string; approval: Approval }> {
  const [accepted] = await made.start(await made.store(document));
  const runId = accepted!.run!.id;
  const [approval] = await list(made, { runId });
  return { runId, approval: approval! };
}

async function list(made: Rig, more: { runId?: string; statuses?: string[]; cursor?: string; limit?: number } = {}) {
  const request = { tenantId, statuses: [], runId: '', nodeKey: '', workflowId: '', cursor: '', limit: 0, ...more };
  return (await made.orchestrator.controllers.approvals.listApprovals(request)).approvals;
}

const answerTo = (made: Rig, token: string, more: { action?: string; values?: object; by?: string } = {}) =>
  made.orchestrator.controllers.approvals.answerApproval({
    token,
    action: more.action ?? 'yes',
    valuesJson: JSON.stringify(more.values ?? {}),
    by: more.by ?? '',
  });

const read = async (made: Rig, token: string) =>
  (await made.orchestrator.controllers.approvals.getApproval({ token })).approval!;

describe('an approval', () => {
  it('is open while its run waits, outlives the process under one token, and moves the run when it is answered', async () => {
    const { made: first } = await rig();
    const { runId, approval } = await ask(first);
    expect(approval).toMatchObject({ runId, nodeKey: 'ask', title: 'Ask the boss', status: 'pending', dueUnixMs: 0 });
    expect(JSON.parse(approval.formJson)).toMatchObject({
      content: 'May Ada go?',
      actions: [{ id: 'yes' }, { id: 'no' }],
    });
    expect(approval.token).toMatch(/^[\w-]{32}$/);
    await first.close();
    cleanups.pop();
    const { made: second } = await rig();
    expect(await read(second, approval.token)).toEqual(approval);
    const { approval: answered } = await answerTo(second, approval.token, { values: { size: 'L' }, by: 'Grace' });
    expect(answered).toMatchObject({
      status: 'answered',
      action: 'yes',
      valuesJson: '{"size":"L"}',
      answeredBy: 'Grace',
    });
    expect(await second.read(runId)).toMatchObject({ status: 'completed', outputsJson: '{"why":"because"}' });
    expect(await list(second, { runId })).toEqual([]);
    expect(await list(second, { runId, statuses: ['answered'] })).toEqual([answered]);
  });

  it('takes no answer that does not fit its form, and says what is wrong with which field', async () => {
    const { made } = await rig();
    const { approval } = await ask(made);
    const refused = (field: string) => ({ failure: { code: 'invalid_inputs', field } });
    await expect(answerTo(made, approval.token, { action: 'maybe' })).rejects.toMatchObject(refused('action'));
    await expect(answerTo(made, approval.token, { values: { size: 'M' } })).rejects.toMatchObject(
      refused('values.size'),
    );
    await expect(answerTo(made, approval.token, { values: { more: 1 } })).rejects.toMatchObject(refused('values.more'));
    expect(await read(made, approval.token)).toEqual(approval);
  });

  it('is answered once, however many answer at once at whichever replica, and tells the others who did', async () => {
    const broker = new InProcessBroker();
    const [{ made: one }, { made: two }] = [await rig({}, broker), await rig({}, broker)];
    const { approval } = await ask(one);
    const people = ['Ada', 'Grace', 'Mary', 'Joan'];
    const answers = await Promise.allSettled(
      people.map((by, index) => answerTo(index % 2 === 0 ? two : one, approval.token, { by })),
    );
    const taken = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value.approval!] : []));
    expect(taken).toHaveLength(1);
    const message = expect.stringContaining(`${taken[0]!.answeredBy} answered "yes" at `);
    for (const answer of answers.filter(({ status }) => status === 'rejected'))
      expect(answer).toMatchObject({ reason: { failure: { code: 'already_answered', message } } });
  });

  it('expires when nobody answers in time', async () => {
    const { made } = await rig();
    const { approval } = await ask(made, guarded({ timeout_seconds: 0.2 }));
    expect(approval.dueUnixMs).toBeGreaterThan(approval.createdUnixMs);
    await until(async () => (await read(made, approval.token)).status === 'expired');
    await expect(answerTo(made, approval.token, { action: 'approve' })).rejects.toMatchObject({
      failure: { code: 'no_longer_asked', details: { status: 'expired' } },
    });
  });

  it('is withdrawn when its run ends before', async () => {
    const { made } = await rig();
    const { runId, approval } = await ask(made);
    await made.orchestrator.controllers.runs.cancelRun({ tenantId, runId, reason: '' });
    expect(await read(made, approval.token)).toMatchObject({ status: 'withdrawn', answeredUnixMs: 0 });
    await expect(answerTo(made, approval.token)).rejects.toMatchObject({ failure: { code: 'no_longer_asked' } });
  });

  it('lets a guarded node run', async () => {
    const { made, bus } = await rig();
    await executeAll(bus);
    const { runId, approval } = await ask(made, guarded({ title: 'May it cost money?' }));
    expect(JSON.parse(approval.formJson)).toMatchObject({ content: 'May it cost money?' });
    await answerTo(made, approval.token, { action: 'approve' });
    await until(async () => (await made.read(runId)).status === 'completed');
  });
});

describe('the list of approvals', () => {
  it('is paged, newest first, and shows nothing of another tenant', async () => {
    const { made } = await rig();
    const opened = [await ask(made), await ask(made), await ask(made)].map(({ approval }) => approval).reverse();
    const { controllers } = made.orchestrator;
    const request = { statuses: [], runId: '', nodeKey: '', workflowId: '', cursor: '', limit: 2 };
    const first = await controllers.approvals.listApprovals({ tenantId, ...request });
    const second = await controllers.approvals.listApprovals({ tenantId, ...request, cursor: first.nextCursor });
    expect([...first.approvals, ...second.approvals].slice(0, 3)).toEqual(opened);
    expect((await controllers.approvals.listApprovals({ tenantId: 'other', ...request })).approvals).toEqual([]);
  });
});
