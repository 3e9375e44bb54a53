import { describe, expect, it, onTestFinished } from 'vitest';
import { ApiClient, ApiError, type ApiEvent, followRun, UnreachableError } from '../src/index.js';
import { type Answer, refuse, sendEvents, startApiServer } from './api-server.js';

async function serve(answers: Record<string, Answer>) {
  const server = await startApiServer(answers);
  onTestFinished(server.close);
  return { ...server, api: new ApiClient({ url: server.url, apiKey: 'k' }) };
}

async function collect(events: AsyncIterable<ApiEvent>): Promise<ApiEvent[]> {
  const all: ApiEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

const delta = (offset: number) => ({ event: 'text-delta', id: `1.${offset}`, data: { offset, text: 'ab' } });
const completed = { event: 'run-completed', id: '2.4', data: { outputs: {} } };

describe('ApiClient', () => {
  it('sends key, query and JSON, and reads the answer', async () => {
    const { api, asked } = await serve({ 'POST /api/v1/x': () => ({ id: '1' }) });
    const query = { name: 'a b', status: ['x', 'y'], none: undefined };
    await expect(api.send('/api/v1/x', { method: 'POST', json: { a: 1 }, query })).resolves.toEqual({ id: '1' });
    expect(asked[0]).toMatchObject({ body: '{"a":1}', headers: { authorization: 'Bearer k' } });
    expect(asked[0]?.url.search).toBe('?name=a+b&status=x&status=y');
  });

  it('throws the refusal with all problems and the hint', async () => {
    const errors = [{ node: 'llm', field: 'config.model', message: 'is missing' }];
    const body = { code: 'invalid_document', message: 'One problem.', errors, hint: 'See the docs.' };
    const { api } = await serve({ 'GET /x': refuse(422, body) });
    const error = await api.send('/x').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ exitCode: 3, status: 422 });
    expect((error as Error).message).toBe(
      'One problem. [invalid_document 422]\n  - llm config.model: is missing\nSee the docs.',
    );
  });

  it('takes 5xx and answers that are no JSON for trouble of the server', async () => {
    const { api } = await serve({
      'GET /x': (_asked, response) => response.writeHead(502).end('<html>bad gateway</html>'),
    });
    await expect(api.send('/x')).rejects.toMatchObject({ exitCode: 4, status: 502 });
  });

  it('says what to do when nobody answers', async () => {
    const { api, url, close } = await serve({});
    await close();
    const error = await api.send('/x').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UnreachableError);
    expect((error as Error).message).toContain(`${url} (ECONNREFUSED). Start it with \`npm start\``);
  });
});

describe('followRun', () => {
  it('continues behind the last event after cuts, early ends and errors, without loss or repetition', async () => {
    const frames = [delta(0), delta(2), delta(4), completed];
    let call = 0;
    const { api, asked } = await serve({
      'GET /api/v1/runs/r/events': ({ headers }, response) => {
        call += 1;
        if (call === 2) return refuse(503, { code: 'unavailable', message: 'Restarting.' })(asked[0]!, response);
        const next = frames.findIndex(({ id }) => id === headers['last-event-id']) + 1;
        sendEvents(response, frames.slice(next, next + 1), call % 2 === 1);
      },
    });
    const events = await collect(followRun(api, 'r', { firstPauseMs: 1 }));
    expect(events.map(({ id }) => id)).toEqual(frames.map(({ id }) => id));
  });

  it('gives up after so many attempts without an event', async () => {
    const { api, asked } = await serve({ 'GET /api/v1/runs/r/events': (_asked, response) => response.destroy() });
    await expect(collect(followRun(api, 'r', { firstPauseMs: 1, maxAttempts: 3 }))).rejects.toMatchObject({
      exitCode: 4,
    });
    expect(asked).toHaveLength(4);
  });

  it('does not come back when it is refused', async () => {
    const { api, asked } = await serve({});
    await expect(collect(followRun(api, 'r', { firstPauseMs: 1 }))).rejects.toMatchObject({ status: 404 });
    expect(asked).toHaveLength(1);
  });
});
