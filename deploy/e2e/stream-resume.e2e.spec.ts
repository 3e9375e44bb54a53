import { type ApiClient, type ApiEvent, eventsPath, followRun, type ImportedWorkflow, type Run } from '@treadle/cli';
import type { WorkflowDocumentInput } from '@treadle/workflow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ModelProcess, startModelProcess } from './src/model-process.js';
import { startStandaloneSystem } from './src/standalone-system.js';
import type { System } from './src/system.js';

const chat = {
  format: 'treadle/v1',
  name: 'talk',
  kind: 'chat',
  nodes: [
    { id: 'start', type: 'start' },
    {
      id: 'llm',
      type: 'llm',
      config: { model: { name: 'small' }, prompt_template: [{ role: 'user', text: '{{#sys.query#}}' }] },
    },
    { id: 'answer', type: 'answer', config: { answer: 'Here it is: {{#llm.text#}} (end)' } },
  ],
  edges: [
    { source: 'start', target: 'llm' },
    { source: 'llm', target: 'answer' },
  ],
} satisfies WorkflowDocumentInput;

/** What a client has after some events: the text, and everything else in order. */
class Reader {
  text = '';
  readonly events: string[] = [];
  lastEventId: string | undefined;

  take({ type, id, data }: ApiEvent): void {
    this.lastEventId = id ?? this.lastEventId;
    if (type === 'text-delta') this.text = this.text.slice(0, data['offset'] as number) + (data['text'] as string);
    else this.events.push(`${String(data['sequence'])} ${type}`);
  }
}

/** Reads without ever losing the connection. */
async function readThrough(api: ApiClient, runId: string): Promise<Reader> {
  const reader = new Reader();
  for await (const event of api.events(eventsPath(runId))) reader.take(event);
  return reader;
}

/** Drops the connection `drops` times, each time behind the next few events, and comes back with the id of the last one. */
async function readInPieces(api: ApiClient, runId: string, drops: number): Promise<Reader> {
  const reader = new Reader();
  for (let drop = 0; drop < drops; drop += 1) {
    const headers: Record<string, string> = reader.lastEventId ? { 'last-event-id': reader.lastEventId } : {};
    let left = 1 + (drop % 4);
    for await (const event of api.events(eventsPath(runId), { headers })) {
      reader.take(event);
      left -= 1;
      if (left === 0) break;
    }
  }
  for await (const event of followRun(api, runId, { lastEventId: reader.lastEventId })) reader.take(event);
  return reader;
}

describe('a stream', () => {
  let models: ModelProcess;
  let system: System;

  beforeAll(async () => {
    models = await startModelProcess({ tokenGapMs: 20, tokens: 200 });
    system = await startStandaloneSystem(models.url);
  });
  afterAll(async () => {
    await system?.stop();
    await models?.stop();
  });

  it('that was dropped 20 times tells exactly what one tells that never was', async () => {
    const { api } = system;
    const workflow = await api.send<ImportedWorkflow>('/api/v1/workflows', { method: 'POST', json: chat });
    const run = await api.send<Run>(`/api/v1/workflows/${workflow.id}/runs`, {
      method: 'POST',
      json: { query: 'Speak at length.', mode: 'async' },
    });
    const [whole, pieces] = await Promise.all([readThrough(api, run.id), readInPieces(api, run.id, 20)]);
    const ended = await api.send<Run>(`/api/v1/runs/${run.id}`);
    expect(ended).toMatchObject({ status: 'completed', outputs: { answer: whole.text } });
    expect(whole.text).toMatch(/^Here it is: You said: Speak at length\. .* \(end\)$/);
    expect(pieces.text).toBe(whole.text);
    expect(pieces.events).toEqual(whole.events);
    // And one that comes when all is over.
    const late = await readThrough(api, run.id);
    expect({ text: late.text, events: late.events }).toEqual({ text: whole.text, events: whole.events });
  });
});
