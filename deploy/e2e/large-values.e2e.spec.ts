import { type ModelServer, natsAvailable, startModelServer } from '@treadle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ProcessesSystem, startProcessesSystem } from './src/processes-system.js';
import { untilAnswered } from './src/system.js';

/** 5 MB in words of 1 KiB, so that it streams in many pieces. */
const longAnswer = `${'w'.repeat(1023)} `.repeat(5 * 1024).trim();

interface ShownRun {
  readonly id: string;
  readonly status: string;
  readonly outputs: Readonly<Record<string, unknown>>;
}

let system: ProcessesSystem;
let server: ModelServer;

beforeAll(async () => {
  server = await startModelServer({ answer: () => longAnswer });
  system = await startProcessesSystem(server.url);
}, 300_000);
afterAll(async () => {
  await system?.stop();
  await server?.close();
});

const document = {
  format: 'treadle/v1',
  name: 'large',
  nodes: [
    { id: 'start', type: 'start' },
    {
      id: 'llm',
      type: 'llm',
      config: { model: { provider: 'openai', name: 'small' }, prompt_template: [{ role: 'user', text: 'go' }] },
    },
    {
      id: 'count',
      type: 'template',
      config: { template: '{{ said | length }}', variables: [{ variable: 'said', value_selector: ['llm', 'text'] }] },
    },
    {
      id: 'end',
      type: 'end',
      config: {
        outputs: [
          { variable: 'said', value_selector: ['llm', 'text'] },
          { variable: 'length', value_selector: ['count', 'output'] },
        ],
      },
    },
  ],
  edges: [
    { source: 'start', target: 'llm' },
    { source: 'llm', target: 'count' },
    { source: 'count', target: 'end' },
  ],
};

describe.skipIf(!natsAvailable())('an answer of 5 MB, larger than a message of NATS may be', () => {
  it('goes through every process and comes back whole, however often executors are killed', async () => {
    const { id } = await system.api.send<{ id: string }>('/api/v1/workflows', { method: 'POST', json: document });
    const runs = Array.from({ length: 8 }, (_, index) =>
      untilAnswered(`run ${index}`, () =>
        system.api.send<ShownRun>(`/api/v1/workflows/${id}/runs`, {
          method: 'POST',
          headers: { 'idempotency-key': `large-${index}` },
          json: {},
        }),
      ),
    );
    await system.killAndRestart('node-executor');
    await system.killAndRestart('node-executor');
    for (const run of await Promise.all(runs)) {
      expect(run.status).toBe('completed');
      expect(run.outputs['length']).toBe(String(longAnswer.length));
      expect(run.outputs['said'] === longAnswer).toBe(true);
    }
  });
});
