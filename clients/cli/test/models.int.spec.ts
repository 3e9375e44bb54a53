import { describe, expect, it } from 'vitest';
import { type Answer, refuse } from './api-server.js';
import { treadle } from './treadle-command.js';

const chunk = (fields: object) => `data: ${JSON.stringify({ object: 'chat.completion.chunk', ...fields })}\n\n`;
const delta = (content: string) => chunk({ choices: [{ delta: { content } }], usage: null });

/** Streams these frames as the OpenAI-compatible API does. */
function streaming(...frames: string[]): Answer {
  return (_asked, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(frames.join(''));
  };
}

const path = 'POST /openai/v1/chat/completions';
const usage = { prompt_tokens: 12, completion_tokens: 2 };
const served = { provider: 'openai', model: 'small', warnings: ['"stop" was left out.'] };

describe('treadle models test', () => {
  const answers = { [path]: streaming(delta('Hello'), delta(' you.'), chunk({ choices: [], usage, treadle: served })) };

  it('shows latency, who served and the first answer', async () => {
    const { stdout, code, asked } = await treadle(['models', 'test', 'fast', '--prompt', 'Hi'], { answers });
    expect(code).toBe(0);
    expect(stdout.replace(/\d+ ms/g, 'N ms').split('\n')).toEqual([
      'served by     openai/small',
      'first token   N ms',
      'whole answer  N ms',
      'tokens        12 in, 2 out',
      'warning       "stop" was left out.',
      '',
      'Hello you.',
      '',
    ]);
    expect(JSON.parse(asked[0]?.body ?? '')).toMatchObject({
      model: 'fast',
      stream: true,
      messages: [{ content: 'Hi' }],
    });
  });

  it('prints one document with --json', async () => {
    const { stdout } = await treadle(['models', 'test', 'fast', '--json'], { answers });
    expect(JSON.parse(stdout)).toEqual({
      model: 'fast',
      served_by: 'openai/small',
      first_token_ms: expect.any(Number),
      latency_ms: expect.any(Number),
      input_tokens: 12,
      output_tokens: 2,
      warnings: served.warnings,
      text: 'Hello you.',
    });
  });

  it('says why there is no answer, and when one breaks off', async () => {
    const error = { message: 'There is no model "x".', code: 'model_not_found', param: 'model' };
    const refused = await treadle(['models', 'test', 'x'], { answers: { [path]: refuse(404, { error }) } });
    expect(refused).toMatchObject({
      stderr: 'There is no model "x". [model_not_found 404] (field model)\n',
      code: 3,
    });
    const cut = { message: 'The answer broke off.', code: 'provider_stream_cut' };
    const frames = [delta('Hel'), `data: ${JSON.stringify({ error: cut })}\n\n`];
    const broken = await treadle(['models', 'test', 'x'], { answers: { [path]: streaming(...frames) } });
    expect(broken).toMatchObject({ stderr: 'The answer broke off. [provider_stream_cut]\n', code: 4 });
  });
});

describe('treadle models', () => {
  it('lists what can be asked', async () => {
    const data = [{ id: 'fast', owned_by: 'route' }];
    const { stdout } = await treadle(['models', 'list'], { answers: { 'GET /openai/v1/models': () => ({ data }) } });
    expect(stdout).toBe('NAME  FROM\nfast  route\n');
  });

  it('saves a provider with its key from standard input, and shows the test', async () => {
    const test = { latency_ms: 40, first_token_ms: 30, text: 'Hello.', models: [] };
    const answers: Record<string, Answer> = { 'PUT /api/v1/models/providers/claude': () => ({ name: 'claude', test }) };
    const flags = ['--kind', 'anthropic', '--key-file', '-', '--option', 'thinking=adaptive', '--test-model', 'm'];
    const parameters = ['models', 'providers', 'set', 'claude', ...flags];
    const { stdout, asked } = await treadle(parameters, { answers, input: 'sk-ant-1\n' });
    expect(stdout).toBe('Provider "claude" is saved.\n\nfirst token   30 ms\nwhole answer  40 ms\n\nHello.\n');
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual({
      kind: 'anthropic',
      api_key: 'sk-ant-1',
      options: { thinking: 'adaptive' },
      test_model: 'm',
    });
  });

  it('says that a provider bills repeats once', async () => {
    const test = { latency_ms: 5, first_token_ms: null, text: '', models: ['small'] };
    const answers: Record<string, Answer> = { 'PUT /api/v1/models/providers/own': () => ({ name: 'own', test }) };
    const flags = ['--kind', 'openai-compatible', '--merges-repeats'];
    const { asked } = await treadle(['models', 'providers', 'set', 'own', ...flags], { answers });
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual({ kind: 'openai-compatible', merges_repeats: true });
  });

  it('tests and forgets a provider', async () => {
    const answers: Record<string, Answer> = {
      'POST /api/v1/models/providers/claude/test': () => ({
        latency_ms: 5,
        first_token_ms: null,
        text: '',
        models: ['a', 'b'],
      }),
      'DELETE /api/v1/models/providers/claude': (_asked, response) => response.writeHead(204).end(),
    };
    expect((await treadle(['models', 'providers', 'test', 'claude'], { answers })).stdout).toBe(
      'whole answer  5 ms\n\na\nb\n',
    );
    expect(await treadle(['models', 'providers', 'remove', 'claude'], { answers })).toMatchObject({
      stdout: 'Provider "claude" is forgotten.\n',
      code: 0,
    });
  });

  it('saves a route with its targets', async () => {
    const answers: Record<string, Answer> = { 'PUT /api/v1/models/routes/fast': () => ({}) };
    const targets = ['--target', 'openai/small,weight=3', '--target', 'together/meta/llama,order=1'];
    const { asked, code } = await treadle(['models', 'routes', 'set', 'fast', ...targets, '--rules', '-'], {
      answers,
      input: '{"cache":{"ttl_seconds":60}}',
    });
    expect(code).toBe(0);
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual({
      targets: [
        { provider: 'openai', model: 'small', weight: 3 },
        { provider: 'together', model: 'meta/llama', order: 1 },
      ],
      rules: { cache: { ttl_seconds: 60 } },
    });
    expect((await treadle(['models', 'routes', 'set', 'fast', '--target', 'small'], { answers })).code).toBe(2);
  });

  it('saves prices and budgets', async () => {
    const answers: Record<string, Answer> = {
      'PUT /api/v1/models/prices': () => ({ version: 2 }),
      'PUT /api/v1/models/budgets/cap': () => ({ limit_usd: 5 }),
    };
    const price = await treadle(['models', 'prices', 'set', 'gpt*', '--input', '1.25', '--output', '10'], { answers });
    expect(price.stdout).toBe('Version 2 of the price of "gpt*" is saved.\n');
    expect(JSON.parse(price.asked[0]?.body ?? '')).toEqual({
      model: 'gpt*',
      input_per_million: 1.25,
      output_per_million: 10,
    });
    const limits = ['--scope', 'api_key', '--period', 'day', '--usd', '5', '--threshold', '50', '--threshold', '80'];
    const budget = await treadle(['models', 'budgets', 'set', 'cap', ...limits], { answers });
    expect(JSON.parse(budget.asked[0]?.body ?? '')).toEqual({
      scope: 'api_key',
      period: 'day',
      limit_usd: 5,
      thresholds: [50, 80],
    });
    expect((await treadle(['models', 'prices', 'set', 'm', '--input', 'much', '--output', '1'])).code).toBe(2);
  });

  it('shows what was used, by what was asked for', async () => {
    const item = { calls: 3, input_tokens: 30, output_tokens: 6, mean_latency_ms: 41.6, mean_first_token_ms: 20.2 };
    const items = [{ group: { workflow: 'w1', day: '2026-01-31' }, cost_usd: 0.001_234_5, ...item }];
    const answers: Record<string, Answer> = { 'GET /api/v1/usage': () => ({ items }) };
    const { stdout, asked } = await treadle(['models', 'usage', '--group-by', 'workflow', 'day'], { answers });
    expect(stdout.split('\n')[1]).toMatch(/^w1 +2026-01-31 +3 +30 +6 +0\.00123\d +42 +20$/);
    expect(asked[0]?.url.searchParams.getAll('group_by')).toEqual(['workflow', 'day']);
  });
});
