import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { faultModels, type ModelServer, type ModelServerOptions, startModelServer } from '../src/index.js';

let server: ModelServer | undefined;
afterEach(() => server?.close());

const start = async (options: ModelServerOptions = {}) => {
  server = await startModelServer(options);
  return server;
};

const ask = (url: string, body: object, init: RequestInit = {}) =>
  fetch(`${url}/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model: 'small', messages: [{ role: 'user', content: 'one two' }], ...body }),
    ...init,
  });

const json = async (response: Promise<Response>) => JSON.parse(await (await response).text());

const events = (text: string) =>
  text
    .split('\n\n')
    .filter(Boolean)
    .map((event) => event.replace(/^data: /, ''));

describe('the model server', () => {
  it('lists its models and records what it was asked', async () => {
    const { url, requests } = await start();
    const list = await json(fetch(`${url}/models`));
    expect(list.data.map((model: { id: string }) => model.id)).toEqual(['small', 'large']);
    await ask(url, { temperature: 0.5 }, { headers: { 'idempotency-key': 'k1' } });
    expect(requests.map(({ path }) => path)).toEqual(['/v1/models', '/v1/chat/completions']);
    expect(requests[1]?.body).toMatchObject({ temperature: 0.5 });
    const counts = await json(fetch(url.replace(/v1$/, '_requests')));
    expect(counts).toMatchObject({ calls: 1, byIdempotencyKey: { k1: 1 } });
  });

  it('streams role, tokens, finish reason, usage and the end mark', async () => {
    const { url } = await start({ answer: () => 'Hello  big world' });
    const response = await ask(url, { stream: true, stream_options: { include_usage: true } });
    const got = events(await response.text());
    expect(got.pop()).toBe('[DONE]');
    const chunks = got.map((data) => JSON.parse(data));
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content)).toEqual([
      '',
      'Hello  ',
      'big ',
      'world',
      undefined,
      undefined,
    ]);
    expect(chunks.at(-2).choices[0].finish_reason).toBe('stop');
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 2, completion_tokens: 3 } });
  });

  it('answers the same every time, as a function of the request and its number', async () => {
    const { url } = await start({ answer: ({ messages }, call) => `${messages[0]?.content} #${call}` });
    const first = await json(ask(url, {}));
    expect(first.choices[0].message.content).toBe('one two #1');
    expect((await json(ask(url, {}))).choices[0].message.content).toBe('one two #2');
  });

  it('fails by the name of the model', async () => {
    const { url } = await start({ faults: faultModels });
    const limited = await ask(url, { model: 'fail-rate-limited' });
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '1']);
    await expect(ask(url, { model: 'fail-reset' })).rejects.toThrow();
    await expect(ask(url, { model: 'fail-cut', stream: true }).then((response) => response.text())).rejects.toThrow();
    expect((await ask(url, { model: 'nobody' })).status).toBe(404);
  });

  it('counts the clients that left', async () => {
    const running = await start({ faults: faultModels });
    const abort = new AbortController();
    const left = ask(running.url, { model: 'fail-hang' }, { signal: abort.signal }).catch(() => undefined);
    await vi.waitFor(() => expect(running.active).toBe(1));
    abort.abort();
    await left;
    await vi.waitFor(() => expect([running.active, running.abandoned]).toEqual([0, 1]));
  });

  it('refuses a wrong key when it has one', async () => {
    const { url } = await start({ apiKey: 'secret' });
    expect((await ask(url, {})).status).toBe(401);
    expect((await ask(url, {}, { headers: { authorization: 'Bearer secret' } })).status).toBe(200);
  });

  it('runs on its own and says where', async () => {
    const main = fileURLToPath(new URL('../dist/model-server.main.js', import.meta.url));
    const child = spawn(process.execPath, [main, '--tokens', '3'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await once(child.stdout, 'data');
    const { url } = JSON.parse(String(line));
    expect((await json(ask(url, {}))).choices[0].message.content).toBe('You said: one two the loom keeps');
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });
});
