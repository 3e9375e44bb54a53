import {
  type ListRunsRequest,
  type ListRunsResponse,
  type PublishedWebhook,
  type Result,
  type Run,
  resultSubject,
  type StartRunRequest,
  type StartRunResponse,
  type Task,
  taskQueue,
} from '@treadle/contracts';
import { type FileStore, MemoryFileStore } from '@treadle/files';
import type { MessageBus, Subscription } from '@treadle/messaging';
import { createPool } from '@treadle/persistence';
import { HealthRegistry } from '@treadle/telemetry';
import type { WorkflowDocumentInput } from '@treadle/workflow';
import type { Pool } from 'pg';
import { Orchestrator, orchestratorConfig, orchestratorSchema } from '../src/index.js';

export const tenantId = 'spec-tenant';

const llm = (text: string) => ({
  model: { provider: 'demo', name: 'demo' },
  prompt_template: [{ role: 'user', text }],
});

/** start → a → b → end, where a and b are tasks. */
export const twoTasks: WorkflowDocumentInput = {
  format: 'treadle/v1',
  name: 'two tasks',
  nodes: [
    { id: 'start', type: 'start', config: { variables: [{ variable: 'name', type: 'text-input' }] } },
    { id: 'a', type: 'llm', config: llm('{{#start.name#}}') },
    { id: 'b', type: 'llm', config: llm('{{#a.text#}}') },
    { id: 'end', type: 'end', config: { outputs: [{ variable: 'said', value_selector: ['b', 'text'] }] } },
  ],
  edges: [
    { source: 'start', target: 'a' },
    { source: 'a', target: 'b' },
    { source: 'b', target: 'end' },
  ],
};

/** start → ask → one → two → tell → end: between two model nodes, two that may be repeated. */
export const codeBetween: WorkflowDocumentInput = {
  format: 'treadle/v1',
  name: 'code between',
  nodes: [
    { id: 'start', type: 'start', config: { variables: [{ variable: 'name', type: 'text-input' }] } },
    { id: 'ask', type: 'llm', config: llm('{{#start.name#}}') },
    ...['one', 'two'].map((id) => ({ id, type: 'code', config: { code_language: 'javascript', code: '' } })),
    { id: 'tell', type: 'llm', config: llm('{{#ask.text#}}') },
    { id: 'end', type: 'end' },
  ],
  edges: ['start ask', 'ask one', 'one two', 'two tell', 'tell end'].map((edge) => {
    const [source = '', target = ''] = edge.split(' ');
    return { source, target };
  }),
};

/** Runs version 1 of another workflow for each letter of the input `name`. */
export const eachLetter = (workflow_id: string): WorkflowDocumentInput => ({
  format: 'treadle/v1',
  name: 'each letter',
  nodes: [
    { id: 'start', type: 'start', config: { variables: [{ variable: 'name', type: 'text-input' }] } },
    { id: 'letters', type: 'text-splitter', config: { variable_selector: ['start', 'name'], chunk_size: 1 } },
    {
      id: 'each',
      type: 'iteration',
      config: { iterator_selector: ['letters', 'chunks'], output_selector: ['call', 'said'], is_parallel: true },
    },
    {
      id: 'call',
      type: 'sub-workflow',
      parent: 'each',
      config: { workflow_id, version: 1, inputs: [{ variable: 'name', value_selector: ['each', 'item'] }] },
    },
    { id: 'end', type: 'end', config: { outputs: [{ variable: 'all', value_selector: ['each', 'output'] }] } },
  ],
  edges: [
    { source: 'start', target: 'letters' },
    { source: 'letters', target: 'each' },
    { source: 'each', target: 'end' },
  ],
});

/** Waits a second between its start and its end. */
export const waiting: WorkflowDocumentInput = {
  format: 'treadle/v1',
  name: 'waiting',
  nodes: [
    { id: 'start', type: 'start', config: { variables: [{ variable: 'name', type: 'text-input' }] } },
    { id: 'wait', type: 'wait', config: { mode: 'duration', duration: 1 } },
    { id: 'end', type: 'end' },
  ],
  edges: [
    { source: 'start', target: 'wait' },
    { source: 'wait', target: 'end' },
  ],
};

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** One orchestrator on a database and a bus, as a spec wants it. */
export class Rig {
  readonly orchestrator: Orchestrator;
  readonly health = new HealthRegistry();
  readonly errors: unknown[] = [];
  private readonly pool: Pool;

  constructor(
    connectionString: string,
    private readonly bus: MessageBus,
    options: {
      readonly taskLeaseMs?: number;
      readonly partitionLeaseMs?: number;
      readonly alone?: boolean;
      readonly files?: FileStore;
      readonly now?: () => number;
    } = {},
  ) {
    this.pool = createPool(connectionString, { schema: orchestratorSchema, connectionTimeoutMs: 1000 });
    this.orchestrator = new Orchestrator({
      config: {
        ...orchestratorConfig.read({ TREADLE_KEY_ENCRYPTION_KEY: '00'.repeat(32) }),
        partitionLeaseMs: options.partitionLeaseMs ?? 1500,
        taskLeaseMs: options.taskLeaseMs ?? 20_000,
      },
      pool: this.pool,
      bus,
      files: options.files ?? new MemoryFileStore(),
      log: { ...silent, error: (facts) => this.errors.push(facts) },
      health: this.health,
      alone: options.alone ?? false,
      ...(options.now ? { now: options.now } : {}),
    });
  }

  async store(document: WorkflowDocumentInput, format = 'treadle'): Promise<string> {
    const source = { documentJson: JSON.stringify(document), format, original: '', warningsJson: '[]' };
    const { workflow } = await this.orchestrator.controllers.workflows.createWorkflow({ tenantId, source, name: '' });
    return workflow?.id ?? '';
  }

  /** Stores a document and publishes it. */
  async publish(document: WorkflowDocumentInput): Promise<{ id: string; webhooks: PublishedWebhook[] }> {
    const id = await this.store(document);
    return { id, webhooks: await this.republish(id) };
  }

  /** Publishes the newest version, after storing a document as that. */
  async republish(workflowId: string, document?: WorkflowDocumentInput): Promise<PublishedWebhook[]> {
    const { controllers } = this.orchestrator;
    const source = { documentJson: JSON.stringify(document), format: 'treadle', original: '', warningsJson: '[]' };
    if (document) await controllers.workflows.updateWorkflow({ tenantId, workflowId, source });
    return (await controllers.workflows.publishWorkflow({ tenantId, workflowId, version: 0 })).webhooks;
  }

  async runsOf(workflowId: string): Promise<Run[]> {
    const { runs } = await this.list({ workflowId, limit: 100 });
    return Promise.all(runs.map(({ id }) => this.read(id)));
  }

  /** Starts a run and gives every answer there is. */
  async start(workflowId: string, more: Partial<StartRunRequest> = {}): Promise<StartRunResponse[]> {
    return Array.fromAsync(this.orchestrator.controllers.runs.startRun(startRequest(workflowId, more)));
  }

  async read(runId: string): Promise<Run> {
    const { run } = await this.orchestrator.controllers.runs.getRun({ tenantId, runId });
    if (!run) throw new Error('no run');
    return run;
  }

  list(filter: Partial<ListRunsRequest>): Promise<ListRunsResponse> {
    const everything = { workflowId: '', originRunId: '', statuses: [], createdFromUnixMs: 0, createdBeforeUnixMs: 0 };
    return this.orchestrator.controllers.runs.listRuns({ tenantId, ...everything, cursor: '', limit: 10, ...filter });
  }

  async close(): Promise<void> {
    await this.orchestrator.stop();
    await this.bus.close();
    await this.pool.end();
  }
}

export function startRequest(workflowId: string, more: Partial<StartRunRequest> = {}): StartRunRequest {
  return {
    tenantId,
    workflowId,
    version: 0,
    inputsJson: '{"name":"Ada"}',
    query: '',
    conversationId: '',
    user: '',
    idempotencyKey: '',
    requestHash: '',
    wait: false,
    traceparent: '',
    filesJson: '',
    ...more,
  };
}

export function resultOf(task: Task, more: Partial<Result> = {}): Result {
  const { runId, nodeKey, attempt, fence, partition, valuesJson } = task;
  const outputsJson = JSON.stringify({
    text: `${nodeKey} saw ${Object.values(JSON.parse(valuesJson) as object).join()}`,
  });
  const value = { outputsJson, handle: '', usage: undefined, warnings: [], assignsJson: '' };
  return {
    runId,
    nodeKey,
    attempt,
    fence,
    partition,
    executionId: `${nodeKey}-${attempt}-${fence}`,
    outcome: { $case: 'completed', value },
    startedUnixMs: 1,
    finishedUnixMs: 2,
    takesNext: false,
    ...more,
  };
}

/** An executor that answers every task with what the node read. */
export function executeAll(bus: MessageBus, seen: Task[] = []): Promise<Subscription> {
  return executeWith(bus, (task) => {
    seen.push(task);
    return resultOf(task);
  });
}

/** An executor whose answers the spec makes. */
export function executeWith(bus: MessageBus, answer: (task: Task) => Result): Promise<Subscription> {
  return bus.consume(taskQueue('default'), { concurrency: 8, leaseMs: 2000 }, async ({ message }) => {
    await bus.request(resultSubject(message.partition), answer(message), 2000);
    return { kind: 'done' };
  });
}

/** Waits until something is so. */
export async function until<T>(probe: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (;;) {
    const value = await probe();
    if (value !== undefined && value !== false) return value;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
