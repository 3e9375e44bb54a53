import type { ApiClient, ImportedWorkflow, Run } from '@treadle/cli';
import { hasEnded } from '@treadle/cli';
import { type ModelServer, natsAvailable, startModelServer } from '@treadle/testing';
import type { WorkflowDocumentInput } from '@treadle/workflow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './src/eventually.js';
import { type ProcessesSystem, startProcessesSystem } from './src/processes-system.js';
import { untilAnswered } from './src/system.js';
import { startToolServer, type ToolServer } from './src/tool-server.js';
import { verifyRun } from './src/verify-run.js';

const steps = ['wake', 'wash', 'dress', 'eat', 'pack', 'leave'];

const document: WorkflowDocumentInput = {
  format: 'treadle/v1',
  name: 'morning',
  nodes: [
    { id: 'start', type: 'start', config: { variables: [{ variable: 'who', type: 'text-input' }] } },
    {
      id: 'agent',
      type: 'agent',
      config: {
        model: { provider: 'openai', name: 'small' },
        query: 'Get {{#start.who#}} out of the house.',
        tools: [{ toolset: 'morning' }],
      },
    },
    {
      id: 'end',
      type: 'end',
      config: { outputs: [{ variable: 'text', value_selector: ['agent', 'text'] }] },
    },
  ],
  edges: [
    { source: 'start', target: 'agent' },
    { source: 'agent', target: 'end' },
  ],
};

let models: ModelServer;
let tools: ToolServer;
let system: ProcessesSystem;
/** What is done to the system when the model is asked for its answer after so many calls, or a step is being done. */
let onQuestion: (calls: number) => void = () => undefined;
let onStep: (step: string) => void = () => undefined;

/** Wants the next step until all are done. */
function nextStep({ messages }: { readonly messages: readonly { readonly role: string }[] }) {
  const made = messages.filter(({ role }) => role === 'tool').length;
  onQuestion(made);
  const name = steps[made];
  if (name === undefined) return 'Out.';
  return { text: '', toolCalls: [{ id: `call-${made}`, name, arguments: '{}' }] };
}

async function setUp(api: ApiClient): Promise<string> {
  const source = { document: JSON.stringify(tools.document) };
  await api.send('/api/v1/tools/toolsets/morning', { method: 'PUT', json: { kind: 'openapi', source } });
  for (const step of steps) {
    const policy = { repeatable: true };
    await api.send(`/api/v1/tools/toolsets/morning/tools/${step}/policy`, { method: 'PUT', json: policy });
  }
  const { id } = await api.send<ImportedWorkflow>('/api/v1/workflows', { method: 'POST', json: document });
  return id;
}

describe.skipIf(!natsAvailable())('an agent of six steps', () => {
  let workflow: string;

  beforeAll(async () => {
    models = await startModelServer({ answer: nextStep });
    tools = await startToolServer(steps, (step) => onStep(step));
    system = await startProcessesSystem(models.url, {
      orchestrators: 1,
      executors: 1,
      environment: {
        TREADLE_HTTP_ALLOW: '127.0.0.1',
        TREADLE_TASK_LEASE_SECONDS: '2',
        TREADLE_PARTITION_LEASE_MS: '3000',
        TREADLE_TASK_LEASE_MS: '5000',
        TREADLE_TOOL_TAKE_OVER_MS: '500',
      },
    });
    workflow = await setUp(system.api);
  }, 300_000);

  afterAll(async () => {
    await system?.stop();
    await tools?.close();
    await models?.close();
  });

  /** Runs the agent to its end. */
  async function run(): Promise<Run> {
    const json = { inputs: { who: 'Ann' }, mode: 'async' };
    const path = `/api/v1/workflows/${workflow}/runs`;
    const { id } = await system.api.send<Run>(path, { method: 'POST', json });
    return eventually(
      `run ${id} to end`,
      async () => {
        const found = await untilAnswered('the run', () => system.api.send<Run>(`/api/v1/runs/${id}`));
        return hasEnded(found.status) ? found : undefined;
      },
      300_000,
    );
  }

  async function expectEachStepOnce({ id, status, outputs, failure }: Run): Promise<void> {
    expect({ status, outputs, failure }).toMatchObject({ status: 'completed', outputs: { text: 'Out.' } });
    const keys = [...tools.done].map(([step, all]) => [step, all.filter((key) => key.startsWith(`${id}/`))]);
    expect(keys).toEqual(steps.map((step, round) => [step, [`${id}/agent[${round}]/@calls[0]/@call`]]));
    const { events, difference } = await verifyRun(system.api, id);
    expect(difference).toBeUndefined();
    const made = events.filter((event) => event.type === 'node-completed' && event.key.endsWith('/@call'));
    expect(made).toHaveLength(steps.length);
  }

  it.each(['node-executor', 'orchestrator', 'tool-registry'])(
    'calls each tool once when the %s is killed while each of them works',
    async (role) => {
      const killed: string[] = [];
      onStep = (step) => {
        system.signal(role, 'SIGKILL');
        killed.push(step);
      };
      const ended = await run();
      onStep = () => undefined;
      expect(killed).toEqual(steps);
      await expectEachStepOnce(ended);
    },
    400_000,
  );

  it.each(['node-executor', 'orchestrator'])(
    'calls each tool once when the %s is killed while the model thinks about each of them',
    async (role) => {
      const killed = new Set<number>();
      onQuestion = (calls) => {
        if (killed.has(calls)) return;
        killed.add(calls);
        system.signal(role, 'SIGKILL');
      };
      const ended = await run();
      onQuestion = () => undefined;
      expect(killed.size).toBe(steps.length + 1);
      await expectEachStepOnce(ended);
    },
    400_000,
  );
});
