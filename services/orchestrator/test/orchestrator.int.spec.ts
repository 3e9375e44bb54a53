import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resultSubject, runEndedSubject, type Task, taskQueue, Verdict } from '@treadle/contracts';
import { startEmbeddedPostgres } from '@treadle/embedded-postgres';
import { failure } from '@treadle/failure';
import { toFailureMessage } from '@treadle/grpc';
import { InProcessBroker, InProcessBus } from '@treadle/messaging';
import { testDatabase } from '@treadle/testing';
import { afterEach, describe, expect, it } from 'vitest';
import {
  codeBetween,
  eachLetter,
  executeAll,
  executeWith,
  Rig,
  resultOf,
  startRequest,
  tenantId,
  twoTasks,
  until,
  waiting,
} from './rig.js';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function database(): Promise<string> {
  const made = await testDatabase();
  cleanups.push(() => made.drop());
  return made.connectionString;
}

async function rig(connectionString: string, bus = new InProcessBus(), options = {}): Promise<Rig> {
  const made = new Rig(connectionString, bus, options);
  cleanups.push(() => made.close());
  await made.orchestrator.start();
  return made;
}

describe('the orchestrator', () => {
  it('runs a workflow from its start to its end, and tells it node by node', async () => {
    const bus = new InProcessBus();
    const { start, read, store } = bound(await rig(await database(), bus));
    await executeAll(bus);
    const answers = await start(await store(twoTasks), { wait: true });
    expect(answers.map((answer) => answer.run?.status)).toEqual(['running', 'completed']);
    expect(answers[1]?.run?.outputsJson).toBe('{"said":"b saw a saw Ada"}');
    const { nodeRuns } = await read(answers[0]!.run!.id);
    expect(nodeRuns.map((node) => `${node.nodeKey} ${node.status}`)).toEqual([
      'start completed',
      'a completed',
      'b completed',
      'end completed',
    ]);
    expect(nodeRuns[1]?.inputsJson).toBe('{"start.name":"Ada"}');
  });

  it('runs a workflow inside the rounds of another one, and remembers every round', async () => {
    const bus = new InProcessBus();
    const { start, read, store } = bound(await rig(await database(), bus));
    await executeAll(bus);
    const answers = await start(await store(eachLetter(await store(twoTasks))), { wait: true });
    const { outputsJson, nodeRuns } = await read(answers[0]!.run!.id);
    expect(JSON.parse(outputsJson)).toEqual({
      all: ['A', 'd', 'a'].map((letter, at) => `each[${at}]/call[0]/b saw each[${at}]/call[0]/a saw ${letter}`),
    });
    expect(nodeRuns.find((node) => node.nodeKey === 'each[2]/call[0]/a')).toMatchObject({
      nodeId: 'a',
      nodeType: 'llm',
      status: 'completed',
      inputsJson: '{"start.name":"a"}',
    });
  });

  it('refuses a workflow that runs one which does not exist', async () => {
    const { store } = bound(await rig(await database()));
    await expect(store(eachLetter('wf_gone'))).rejects.toMatchObject({
      failure: { code: 'invalid_document', details: { diagnostics: [{ code: 'unknown_workflow', node: 'call' }] } },
    });
  });

  it('wakes a paused run, at another orchestrator if need be', async () => {
    const connectionString = await database();
    const first = new Rig(connectionString, new InProcessBus(), { alone: true });
    await first.orchestrator.start();
    const [accepted] = await first.start(await first.store(waiting));
    expect(accepted!.run!.status).toBe('paused');
    await first.close();
    const second = await rig(connectionString, new InProcessBus(), { alone: true });
    const run = await until(async () => {
      const found = await second.read(accepted!.run!.id);
      return found.status === 'completed' ? found : undefined;
    });
    expect(run.nodeRuns.map((node) => node.status)).toEqual(['completed', 'completed', 'completed']);
  });

  it('gives its runs to others when it leaves, and a newcomer its share, without waiting for leases', async () => {
    const connectionString = await database();
    const broker = new InProcessBroker();
    const unendingLease = { partitionLeaseMs: 600_000 };
    const first = new Rig(connectionString, new InProcessBus({ broker }), unendingLease);
    await first.orchestrator.start();
    const workflowId = await first.store(waiting);
    const second = await rig(connectionString, new InProcessBus({ broker }), unendingLease);
    await until(() => second.health.pendingStartup().length === 0);
    const { run } = (await second.start(workflowId))[0]!;
    const ofFirst = (await first.start(workflowId))[0]!.run!;
    await first.close();
    for (const { id } of [run!, ofFirst]) await until(async () => (await second.read(id)).status === 'completed');
  });

  it('commits a start before it answers, and survives without anybody to execute it', async () => {
    const connectionString = await database();
    const first = new Rig(connectionString, new InProcessBus(), { alone: true });
    await first.orchestrator.start();
    const [accepted] = await first.start(await first.store(twoTasks));
    await first.close();
    const bus = new InProcessBus();
    const second = await rig(connectionString, bus, { alone: true });
    await executeAll(bus);
    const run = await until(async () => {
      const found = await second.read(accepted!.run!.id);
      return found.status === 'completed' ? found : undefined;
    });
    expect(run.outputsJson).toBe('{"said":"b saw a saw Ada"}');
  });

  it('sends a task again that was taken and never answered, under a higher fence, and refuses the one who was too late', async () => {
    const bus = new InProcessBus();
    const { start, store, read } = bound(await rig(await database(), bus, { taskLeaseMs: 300 }));
    const seen: Task[] = [];
    await bus.consume(taskQueue('default'), { concurrency: 1, leaseMs: 60_000 }, async ({ message }) => {
      seen.push(message);
      return { kind: 'done' };
    });
    const [accepted] = await start(await store(twoTasks));
    const [first, second] = await until(() => (seen.length >= 2 ? seen : undefined));
    expect(second!.nodeKey).toBe(first!.nodeKey);
    expect(second!.fence).toBeGreaterThan(first!.fence);
    const ask = (task: Task) => bus.request(resultSubject(task.partition), resultOf(task), 2000);
    expect(await ask(first!)).toEqual({ verdict: Verdict.VERDICT_REFUSED });
    const latest = seen.filter((task) => task.nodeKey === 'a').at(-1)!;
    expect(await ask(latest)).toEqual({ verdict: Verdict.VERDICT_COMMITTED });
    expect(await ask(latest)).toEqual({ verdict: Verdict.VERDICT_COMMITTED });
    expect((await read(accepted!.run!.id)).nodeRuns.find((node) => node.nodeKey === 'a')?.status).toBe('completed');
  });

  it('gives a task that may be repeated along with the receipt, to who would take it, and puts the others on the queue', async () => {
    const bus = new InProcessBus();
    const { start, store, read } = bound(await rig(await database(), bus));
    const queued: Task[] = [];
    await bus.consume(taskQueue('default'), { concurrency: 8, leaseMs: 60_000 }, async ({ message }) => {
      queued.push(message);
      return { kind: 'done' };
    });
    const [accepted] = await start(await store(codeBetween));
    const report = (task: Task, takesNext: boolean) =>
      bus.request(resultSubject(task.partition), resultOf(task, { takesNext }), 2000);
    const taken = (nodeKey: string) => until(() => queued.find((task) => task.nodeKey === nodeKey));
    const ask = await taken('ask');
    const { verdict, next } = await report(ask, true);
    expect([verdict, next?.nodeKey, next?.pool]).toEqual([Verdict.VERDICT_COMMITTED, 'one', 'default']);
    expect(await report(ask, true)).toEqual({ verdict: Verdict.VERDICT_COMMITTED });
    expect(await report(next!, false)).toEqual({ verdict: Verdict.VERDICT_COMMITTED });
    expect(await report(await taken('two'), true)).toEqual({ verdict: Verdict.VERDICT_COMMITTED });
    await report(await taken('tell'), true);
    await until(async () => ((await read(accepted!.run!.id)).status === 'completed' ? true : undefined));
    expect(queued.map((task) => task.nodeKey)).toEqual(['ask', 'two', 'tell']);
  });

  it('sends again what went along with a receipt to somebody who is not heard of', async () => {
    const bus = new InProcessBus();
    const { start, store } = bound(await rig(await database(), bus, { taskLeaseMs: 300 }));
    const queued: Task[] = [];
    await bus.consume(taskQueue('default'), { concurrency: 8, leaseMs: 60_000 }, async ({ message }) => {
      queued.push(message);
      return { kind: 'done' };
    });
    await start(await store(codeBetween));
    const ask = await until(() => queued[0]);
    const { next } = await bus.request(resultSubject(ask.partition), resultOf(ask, { takesNext: true }), 2000);
    const again = await until(() => queued.find((task) => task.nodeKey === 'one'));
    expect(again.fence).toBeGreaterThan(next!.fence);
    const late = await bus.request(resultSubject(ask.partition), resultOf(next!), 2000);
    expect(late).toEqual({ verdict: Verdict.VERDICT_REFUSED });
  });

  it('returns the first run for a repeated start, at any replica, and refuses the key for another request', async () => {
    const connectionString = await database();
    const broker = new InProcessBroker();
    const [one, two] = [
      await rig(connectionString, new InProcessBus({ broker })),
      await rig(connectionString, new InProcessBus({ broker })),
    ];
    const workflowId = await one.store(twoTasks);
    const key = { idempotencyKey: 'k', requestHash: 'h' };
    const answers = await Promise.all([one, two, one, two].map((replica) => replica.start(workflowId, key)));
    const ids = answers.map(([answer]) => answer?.run?.id);
    expect(new Set(ids).size).toBe(1);
    expect(answers.filter(([answer]) => !answer?.repeatedStart)).toHaveLength(1);
    await expect(two.start(workflowId, { ...key, requestHash: 'other' })).rejects.toMatchObject({
      failure: { code: 'idempotency_key_reused', field: 'Idempotency-Key' },
    });
  });

  it('cancels a run that another replica owns', async () => {
    const connectionString = await database();
    const broker = new InProcessBroker();
    const [one, two] = [
      await rig(connectionString, new InProcessBus({ broker })),
      await rig(connectionString, new InProcessBus({ broker })),
    ];
    const [accepted] = await one.start(await one.store(twoTasks));
    const runId = accepted!.run!.id;
    const cancel = () => two.orchestrator.controllers.runs.cancelRun({ tenantId, runId, reason: 'enough' });
    expect(await cancel()).toMatchObject({ cancelled: true, run: { status: 'cancelled' } });
    expect(await cancel()).toMatchObject({ cancelled: false, run: { status: 'cancelled' } });
  });

  it('tells executors of runs that were cancelled or have failed, and of no others', async () => {
    const bus = new InProcessBus();
    const { orchestrator, start, store } = bound(await rig(await database(), bus));
    const ended: string[] = [];
    await bus.subscribe(runEndedSubject, ({ runId }) => ended.push(runId));
    const workflowId = await store(twoTasks);
    const [cancelled] = await start(workflowId);
    await orchestrator.controllers.runs.cancelRun({ tenantId, runId: cancelled!.run!.id, reason: '' });
    const value = toFailureMessage(failure('provider_rejected', 'told to'));
    const executor = await executeWith(bus, (task) => resultOf(task, { outcome: { $case: 'failed', value } }));
    const failed = await start(workflowId, { wait: true });
    await executor.close();
    await executeAll(bus);
    const completed = await start(workflowId, { wait: true });
    expect([failed.at(-1)?.run?.status, completed.at(-1)?.run?.status]).toEqual(['failed', 'completed']);
    expect(ended).toEqual([cancelled!.run!.id, failed[0]!.run!.id]);
  });

  it('hides the runs and workflows of another tenant', async () => {
    const { orchestrator, store, start } = bound(await rig(await database()));
    const workflowId = await store(twoTasks);
    const [accepted] = await start(workflowId);
    const other = { tenantId: 'somebody-else', runId: accepted!.run!.id, workflowId };
    const notFound = { failure: { code: 'not_found' } };
    const { controllers } = orchestrator;
    await expect(controllers.runs.getRun(other)).rejects.toMatchObject(notFound);
    await expect(controllers.runs.cancelRun({ ...other, reason: '' })).rejects.toMatchObject(notFound);
    await expect(controllers.runs.readJournal({ ...other, afterSequence: 0, limit: 0 })).rejects.toMatchObject(
      notFound,
    );
    await expect(controllers.workflows.getWorkflow({ ...other, version: 0 })).rejects.toMatchObject(notFound);
    await expect(controllers.workflows.publishWorkflow({ ...other, version: 0 })).rejects.toMatchObject(notFound);
    await expect(Array.fromAsync(controllers.runs.startRun(startRequest(workflowId, other)))).rejects.toMatchObject(
      notFound,
    );
    const { runs } = await controllers.runs.listRuns({
      ...other,
      workflowId: '',
      originRunId: '',
      statuses: [],
      createdFromUnixMs: 0,
      createdBeforeUnixMs: 0,
      cursor: '',
      limit: 10,
    });
    expect(runs).toEqual([]);
  });

  it('refuses to run an imported workflow with unknown node types, naming them, and keeps it', async () => {
    const { start, store } = bound(await rig(await database()));
    const nodes = [...twoTasks.nodes, { id: 'mystery', type: 'quantum-leap' }];
    const edges = [...(twoTasks.edges ?? []), { source: 'b', target: 'mystery' }];
    const workflowId = await store({ ...twoTasks, nodes, edges }, 'dify');
    await expect(start(workflowId)).rejects.toMatchObject({
      failure: { code: 'workflow_not_runnable', details: { nodes: ['mystery'] } },
    });
    await expect(store({ ...twoTasks, nodes, edges })).rejects.toMatchObject({ failure: { code: 'invalid_document' } });
  });

  it('says 503 while the database is away, and goes on by itself when it is back', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'treadle-spec-'));
    cleanups.push(() => rm(dataDir, { recursive: true, force: true }));
    const server = await startEmbeddedPostgres({ dataDir });
    const bus = new InProcessBus();
    const { orchestrator, start, store, health } = bound(await rig(server.connectionString, bus, { alone: true }));
    const workflowId = await store(twoTasks);
    const [accepted] = await start(workflowId);
    await server.stop();
    await expect(start(workflowId)).rejects.toMatchObject({ failure: { code: 'unavailable', retryAfterSeconds: 1 } });
    expect((await health.readiness()).status).toBe('failing');
    const seen: Task[] = [];
    await executeAll(bus, seen);
    await until(() => (seen.length > 0 ? true : undefined));
    // The server comes back at the same address: its socket folder is gone with the old one, so a link leads to the new one.
    const again = await startEmbeddedPostgres({ dataDir });
    cleanups.push(() => again.stop());
    await linkSocket(server.connectionString, again.connectionString);
    const run = await until(async () => {
      const found = await orchestrator.controllers.runs
        .getRun({ tenantId, runId: accepted!.run!.id })
        .catch(() => undefined);
      return found?.run?.status === 'completed' ? found.run : undefined;
    });
    expect(run.nodeRuns.filter((node) => node.status === 'completed')).toHaveLength(4);
  });
});

/** Methods that can be taken apart. */
function bound(made: Rig) {
  return {
    orchestrator: made.orchestrator,
    health: made.health,
    start: made.start.bind(made),
    read: made.read.bind(made),
    store: made.store.bind(made),
  };
}

async function linkSocket(from: string, to: string): Promise<void> {
  const folder = (text: string) => decodeURIComponent(/host=([^&]+)/.exec(text)?.[1] ?? '');
  const { symlink } = await import('node:fs/promises');
  await symlink(folder(to), folder(from));
  cleanups.push(() => rm(folder(from), { force: true }));
}
