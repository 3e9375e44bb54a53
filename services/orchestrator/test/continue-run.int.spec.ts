import {
  type RerunRunRequest,
  type ResumeRunRequest,
  type Run,
  type StartRunResponse,
  type Task,
  Usage,
} from '@treadle/contracts';
import { type RunEvent, replay } from '@treadle/engine';
import { InProcessBus } from '@treadle/messaging';
import { testDatabase } from '@treadle/testing';
import type { WorkflowDocumentInput } from '@treadle/workflow';
import { afterEach, describe, expect, it } from 'vitest';
import { executeWith, Rig, resultOf, tenantId, twoTasks, waiting } from './rig.js';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** An orchestrator, and executors whose models fail for the nodes in `broken`. Every call of a model costs two tokens. */
async function world() {
  const database = await testDatabase();
  cleanups.push(() => database.drop());
  const bus = new InProcessBus();
  const rig = new Rig(database.connectionString, bus, { alone: true });
  cleanups.push(() => rig.close());
  await rig.orchestrator.start();
  const broken = new Set<string>();
  const calls: Task[] = [];
  await executeWith(bus, (task) => {
    calls.push(task);
    const { nodeKey } = task;
    if (broken.has(nodeKey)) return resultOf(task, { outcome: { $case: 'failed', value: away } });
    const outputsJson = JSON.stringify({
      text: `${nodeKey} saw ${Object.values(JSON.parse(task.valuesJson) as object).join()}`,
    });
    const usage = Usage.fromPartial({ inputTokens: 1, outputTokens: 1, provider: 'demo', model: 'demo' });
    return resultOf(task, {
      outcome: { $case: 'completed', value: { outputsJson, handle: '', usage, warnings: [], assignsJson: '' } },
    });
  });
  const { runs, continuations, workflows } = rig.orchestrator.controllers;
  return {
    rig,
    broken,
    /** Keys of the nodes whose models were called since the last look. */
    called: () => calls.splice(0).map(({ nodeKey }) => nodeKey),
    calls,
    runToEnd: async (workflowId: string) => ended(await rig.start(workflowId, { wait: true })),
    resume: (runId: string, more: Partial<ResumeRunRequest> = {}) =>
      Array.fromAsync(continuations.resumeRun(continuation(runId, more))),
    rerun: (runId: string, nodeKey: string, more: Partial<RerunRunRequest> = {}) =>
      Array.fromAsync(continuations.rerunRun({ ...continuation(runId, more), nodeKey })),
    cancel: (runId: string) => runs.cancelRun({ tenantId, runId, reason: '' }),
    addVersion: async (workflowId: string, document: WorkflowDocumentInput) => {
      const source = { documentJson: JSON.stringify(document), format: 'treadle', original: '', warningsJson: '[]' };
      await workflows.updateWorkflow({ tenantId, workflowId, source });
    },
    events: async (runId: string) => {
      const { entries } = await runs.readJournal({ tenantId, runId, afterSequence: 0, limit: 0 });
      return entries.flatMap(({ eventsJson }) => JSON.parse(eventsJson) as RunEvent[]);
    },
  };
}

const away = {
  code: 'provider_unavailable',
  message: 'away',
  retryable: false,
  retryAfterSeconds: 0,
  field: '',
  detailsJson: '',
};

function continuation(runId: string, more: Partial<ResumeRunRequest>): ResumeRunRequest {
  return {
    tenantId,
    runId,
    inputsJson: '',
    variablesJson: '',
    version: '',
    idempotencyKey: '',
    requestHash: '',
    wait: true,
    traceparent: '',
    ...more,
  };
}

const ended = (answers: StartRunResponse[]): Run => answers.at(-1)!.run!;

const named = (text: string) => ({
  ...twoTasks,
  nodes: twoTasks.nodes.map((node) =>
    node.id === 'b'
      ? { ...node, config: { ...(node.config as object), prompt_template: [{ role: 'user', text }] } }
      : node,
  ),
});

describe('a resumed run', () => {
  it('goes on from the node that failed, calls no model twice, and is a run of its own', async () => {
    const { rig, broken, called, runToEnd, resume, events } = await world();
    broken.add('b');
    const origin = await runToEnd(await rig.store(twoTasks));
    expect([origin.status, called()]).toEqual(['failed', ['a', 'b']]);
    broken.clear();
    const answers = await resume(origin.id);
    expect(answers.map(({ run }) => run?.status)).toEqual(['running', 'completed']);
    const run = ended(answers);
    expect(called()).toEqual(['b']);
    expect(run).toMatchObject({
      outputsJson: '{"said":"b saw a saw Ada"}',
      inputTokens: 1,
      outputTokens: 1,
      origin: { runId: origin.id, kind: 'resume' },
    });
    const { nodeRuns } = await rig.read(run.id);
    expect(nodeRuns.map(({ nodeKey, reused, inputTokens }) => [nodeKey, reused, inputTokens])).toEqual([
      ['start', false, 0],
      ['a', true, 0],
      ['b', false, 1],
      ['end', false, 0],
    ]);
    expect(nodeRuns[1]?.inputsJson).toBe('{"start.name":"Ada"}');
    expect(await rig.read(origin.id)).toMatchObject({ status: 'failed', continuations: [run.id] });
    expect(replay(await events(run.id))).toMatchObject({ status: 'completed', outputs: { said: 'b saw a saw Ada' } });
  });

  it('makes effects outside under the name of the first run, however often it is resumed; a rerun in its own', async () => {
    const { rig, broken, calls, runToEnd, resume, rerun } = await world();
    broken.add('b');
    const origin = await runToEnd(await rig.store(twoTasks));
    const second = ended(await resume(origin.id));
    const third = ended(await resume(second.id));
    broken.clear();
    const last = ended(await rerun(third.id, 'a'));
    expect(calls.map(({ runId, nodeKey, effectsRunId }) => [runId, nodeKey, effectsRunId])).toEqual([
      [origin.id, 'a', origin.id],
      [origin.id, 'b', origin.id],
      [second.id, 'b', origin.id],
      [third.id, 'b', origin.id],
      [last.id, 'a', last.id],
      [last.id, 'b', last.id],
    ]);
  });

  it('takes new inputs for what is still to come, and checks them', async () => {
    const { rig, broken, runToEnd, resume } = await world();
    broken.add('b');
    const origin = await runToEnd(await rig.store(named('{{#a.text#}} for {{#start.name#}}')));
    broken.clear();
    const run = ended(await resume(origin.id, { inputsJson: '{"name":"Eve"}' }));
    expect(run).toMatchObject({ inputsJson: '{"name":"Eve"}', outputsJson: '{"said":"b saw a saw Ada,Eve"}' });
    await expect(resume(origin.id, { inputsJson: '{"nome":"Eve"}' })).rejects.toMatchObject({
      failure: { code: 'invalid_inputs', field: 'inputs.nome' },
    });
    await expect(resume(origin.id, { variablesJson: '{"mood":"good"}' })).rejects.toMatchObject({
      failure: { code: 'invalid_argument', field: 'variables.mood' },
    });
  });

  it('goes on with a newer version where that agrees about what is finished, and says what does not', async () => {
    const { rig, broken, called, runToEnd, resume, addVersion } = await world();
    broken.add('b');
    const workflowId = await rig.store(twoTasks);
    const origin = await runToEnd(workflowId);
    called();
    broken.clear();
    await addVersion(workflowId, named('mended: {{#start.name#}}'));
    const run = ended(await resume(origin.id, { version: 'latest' }));
    expect([run.version, run.outputsJson, called()]).toEqual([2, '{"said":"b saw Ada"}', ['b']]);

    const [start, a, ...others] = twoTasks.nodes;
    const changed = { ...a!, config: { ...(a!.config as object), prompt_template: [{ role: 'user', text: 'else' }] } };
    await addVersion(workflowId, { ...twoTasks, nodes: [start!, changed, ...others] });
    await expect(resume(origin.id, { version: '3' })).rejects.toMatchObject({
      failure: {
        code: 'resume_refused',
        field: 'version',
        details: { problems: [{ node: 'a', message: expect.stringContaining('configuration') }] },
      },
    });
    expect(called()).toEqual([]);
  });

  it('is refused while its origin is under way, and after it has completed', async () => {
    const { rig, runToEnd, resume, cancel } = await world();
    const done = await runToEnd(await rig.store(twoTasks));
    await expect(resume(done.id)).rejects.toMatchObject({
      failure: { code: 'resume_refused', message: expect.stringContaining('has completed') },
    });
    const [accepted] = await rig.start(await rig.store(waiting));
    const { id } = accepted!.run!;
    await expect(resume(id)).rejects.toMatchObject({
      failure: { code: 'resume_refused', message: expect.stringContaining('is paused. Cancel it') },
    });
    await cancel(id);
    expect(ended(await resume(id))).toMatchObject({ status: 'paused', origin: { runId: id } });
    await expect(resume(id, { tenantId: 'another' })).rejects.toMatchObject({ failure: { code: 'not_found' } });
  });

  it('begins once for an idempotency key, and is found by its origin', async () => {
    const { rig, broken, runToEnd, resume, rerun } = await world();
    broken.add('b');
    const origin = await runToEnd(await rig.store(twoTasks));
    broken.clear();
    const key = { idempotencyKey: 'once', requestHash: 'hash' };
    const [first, again] = await Promise.all([resume(origin.id, key), resume(origin.id, key)]);
    expect(ended(again).id).toBe(ended(first).id);
    await expect(rerun(origin.id, 'a', { ...key, requestHash: 'other' })).rejects.toMatchObject({
      failure: { code: 'idempotency_key_reused' },
    });
    const other = ended(await rerun(origin.id, 'a'));
    const { runs } = await rig.list({ originRunId: origin.id });
    expect(runs.map(({ id, origin: from }) => [id, from?.kind])).toEqual([
      [other.id, 'rerun'],
      [ended(first).id, 'resume'],
    ]);
  });
});

describe('a rerun', () => {
  it('does a node and what followed from it again, as a new run', async () => {
    const { rig, called, runToEnd, rerun } = await world();
    const origin = await runToEnd(await rig.store(twoTasks));
    called();
    const run = ended(await rerun(origin.id, 'b'));
    expect(called()).toEqual(['b']);
    expect(run).toMatchObject({ status: 'completed', outputsJson: origin.outputsJson, inputTokens: 1 });
    expect(run.origin).toEqual({ runId: origin.id, kind: 'rerun' });
  });

  it('names the nodes that have finished when it is asked for another one', async () => {
    const { rig, broken, runToEnd, rerun } = await world();
    broken.add('b');
    const origin = await runToEnd(await rig.store(twoTasks));
    await expect(rerun(origin.id, 'end')).rejects.toMatchObject({
      failure: { code: 'invalid_argument', field: 'node', message: expect.stringContaining('start, a, b.') },
    });
  });
});
