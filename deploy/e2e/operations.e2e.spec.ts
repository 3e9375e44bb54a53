import type { Run } from '@treadle/cli';
import { natsAvailable } from '@treadle/testing';
import { readMetrics, sumOf } from '@treadle/testing/metrics';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type OutageSystem, startOutageSystem } from './src/outage-system.js';
import { outageTest } from './src/outage-test.js';
import type { ProcessesSystem } from './src/processes-system.js';

const chat = {
  format: 'treadle/v1',
  name: 'ask',
  nodes: [
    { id: 'start', type: 'start' },
    {
      id: 'llm',
      type: 'llm',
      config: { model: { provider: 'openai', name: 'small' }, prompt_template: [{ role: 'user', text: 'Hi' }] },
    },
    { id: 'end', type: 'end', config: { outputs: [{ variable: 'text', value_selector: ['llm', 'text'] }] } },
  ],
  edges: [
    { source: 'start', target: 'llm' },
    { source: 'llm', target: 'end' },
  ],
};

describe.skipIf(!natsAvailable())('processes, as an operator sees them', () => {
  let stack: OutageSystem;
  let system: ProcessesSystem;

  beforeAll(async () => {
    stack = await startOutageSystem();
    system = stack.system;
  });

  afterAll(async () => {
    await stack.stop();
  });

  const scrape = async (role: string) => {
    const texts = system.processes().filter((one) => one.role === role);
    const answers = await Promise.all(texts.map(async ({ metricsUrl }) => (await fetch(metricsUrl)).text()));
    return answers.flatMap(readMetrics);
  };

  it('a run moves the numbers of every service it passes', async () => {
    const json = await system.api.send<{ id: string }>('/api/v1/workflows', { method: 'POST', json: chat });
    const run = await system.api.send<Run>(`/api/v1/workflows/${json.id}/runs`, {
      method: 'POST',
      json: { inputs: {} },
    });
    expect(run.status).toBe('completed');
    const orchestrator = await scrape('orchestrator');
    expect(sumOf(orchestrator, 'treadle_runs_started_total')).toBe(1);
    expect(sumOf(orchestrator, 'treadle_runs_finished_total', { status: 'completed' })).toBe(1);
    expect(sumOf(orchestrator, 'treadle_runs_finished_total', { status: 'failed' })).toBe(0);
    expect(sumOf(orchestrator, 'treadle_run_duration_seconds', { status: 'completed' })).toBe(1);
    expect(sumOf(orchestrator, 'treadle_journal_commit_duration_seconds')).toBeGreaterThan(0);
    expect(sumOf(orchestrator, 'treadle_partitions_owned')).toBe(sumOf(orchestrator, 'treadle_partitions') / 2);
    expect(orchestrator).toContainEqual({ name: 'treadle_queue_depth', labels: { pool: 'default' }, value: 0 });
    expect(sumOf(orchestrator, 'treadle_grpc_requests_total', { method: 'RunService/StartRun', status: 'ok' })).toBe(1);
    const executors = await scrape('node-executor');
    expect(sumOf(executors, 'treadle_task_duration_seconds', { node_type: 'llm', outcome: 'completed' })).toBe(1);
    const proxy = await scrape('model-proxy');
    const call = { provider: 'openai', operation: 'chat', outcome: 'completed' };
    expect(sumOf(proxy, 'treadle_model_calls_total', call)).toBe(1);
    expect(sumOf(proxy, 'treadle_model_first_token_seconds')).toBe(1);
    expect(sumOf(proxy, 'treadle_model_tokens_total', { direction: 'output' })).toBeGreaterThan(0);
    expect(sumOf(proxy, 'treadle_model_targets', { breaker: 'closed' })).toBe(1);
    const started = { class: 'run', method: 'POST', status: '2xx' };
    await vi.waitUntil(async () => sumOf(await scrape('gateway'), 'treadle_http_requests_total', started) === 1);
  });

  it('every process says what it is, that it is ready, and what its dependencies do', async () => {
    const roles = [...new Set(system.processes().map(({ role }) => role))];
    expect(roles.sort()).toEqual([
      'gateway',
      'model-proxy',
      'node-executor',
      'orchestrator',
      'retrieval',
      'tool-registry',
    ]);
    for (const role of roles) {
      const shown = await scrape(role);
      expect(shown.filter(({ name }) => name === 'treadle_build_info')[0]?.labels['component']).toBe(role);
      expect(shown.filter(({ name }) => name === 'treadle_ready').map(({ value }) => value)).not.toContain(0);
      expect(shown.filter(({ name }) => name === 'treadle_dependency_up').map(({ value }) => value)).not.toContain(0);
      expect(sumOf(shown, 'process_resident_memory_bytes')).toBeGreaterThan(0);
    }
  });

  it('the public port has no metrics', async () => {
    const answer = await system.api.send('/metrics').then(
      () => 200,
      (error: { status?: number }) => error.status,
    );
    expect(answer).toBe(404);
  });

  it('no process dies of an outage, and each says in time that it cannot work', async () => {
    const { problems, rows, restarts } = await outageTest(system, stack.dependencies, 4);
    expect({ problems, restarts }).toEqual({ problems: [], restarts: 0 });
    expect(rows).toHaveLength(3 * system.processes().length);
  });
});
