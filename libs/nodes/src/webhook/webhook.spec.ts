import type { Json, JsonObject } from '@treadle/workflow';
import { describe, expect, it } from 'vitest';
import { checkWebhookRequest, type WebhookRequest } from './check-request.js';
import { webhook } from './webhook.descriptor.js';

const check = (config: JsonObject, request: Partial<WebhookRequest>) =>
  checkWebhookRequest(webhook.config.parse(config), { query: '', headers: {}, body: '', ...request });

const inputsOf = (config: JsonObject, request: Partial<WebhookRequest>) => {
  const checked = check(config, request);
  if ('failure' in checked) throw new Error(checked.failure.message);
  return checked.inputs;
};

const problemsOf = (config: JsonObject) =>
  webhook.config.safeParse(config).error?.issues.map(({ path }) => path.join('.')) ?? [];

describe('webhook', () => {
  it('brings declared parameters to their type and gives the rest whole', () => {
    const config = {
      query: [{ name: 'page', type: 'number' }],
      headers: [{ name: 'X-GitHub-Event', required: true }],
      body: [{ name: 'labels', type: 'array[string]' }],
    };
    const request = {
      query: 'page=2&x=1&x=2',
      headers: { 'x-github-event': 'push', authorization: 'Bearer x', 'x-api-key': 'x', host: 'h', 'user-agent': 'u' },
      body: '{"labels":["a"],"more":1}',
    };
    expect(inputsOf(config, request)).toEqual({
      page: 2,
      X_GitHub_Event: 'push',
      labels: ['a'],
      query: { page: '2', x: ['1', '2'] },
      headers: { 'x-github-event': 'push', 'user-agent': 'u' },
      body: { labels: ['a'], more: 1 },
    });
  });

  it.each<[string, string, Json]>([
    ['number', 'n=5', 5],
    ['number', 'n=', null],
    ['boolean', 'n=TRUE', true],
    ['boolean', 'n=off', false],
    ['string', '', ''],
    ['array[number]', 'n=1&n=2', [1, 2]],
    ['array[number]', 'n=[1,2]', [1, 2]],
    ['array[string]', 'n=one', ['one']],
    ['object', 'n={"a":1}', { a: 1 }],
    ['object', '', null],
  ])('reads a %s from "%s"', (type, query, value) => {
    expect(inputsOf({ query: [{ name: 'n', type }] }, { query })['n']).toEqual(value);
  });

  it('takes a default where nothing was given, and names every problem with its place', () => {
    const body: readonly JsonObject[] = [
      { name: 'a', default: 'x' },
      { name: 'b', required: true },
      { name: 'c', type: 'number' },
      { name: 'constructor' },
    ];
    expect(inputsOf({ body }, { body: '{"b":"y"}' })).toMatchObject({ a: 'x', b: 'y', c: null, constructor: '' });
    expect(check({ body }, { body: '{"c":"many"}' })).toMatchObject({
      failure: {
        code: 'invalid_inputs',
        field: 'body.b',
        details: { problems: [{ field: 'body.b' }, { field: 'body.c', message: '"c" must be of type number.' }] },
      },
    });
  });

  it('reads forms and plain texts, and refuses what is no JSON', () => {
    const form = { content_type: 'application/x-www-form-urlencoded', body: [{ name: 'n', type: 'number' }] };
    expect(inputsOf(form, { body: 'n=1&m=a+b' })).toMatchObject({ n: 1, body: { n: '1', m: 'a b' } });
    expect(inputsOf({ content_type: 'text/plain' }, { body: 'as it is' })).toMatchObject({ body: 'as it is' });
    expect(inputsOf({}, {})).toMatchObject({ body: null });
    expect(check({}, { body: '{' })).toMatchObject({ failure: { code: 'invalid_argument', field: 'body' } });
  });

  it('gives its inputs on as outputs', () => {
    const config = webhook.config.parse({ query: [{ name: 'a-b' }] });
    const settlement = webhook.settle(config, ([, name]) => (name === 'body' ? undefined : `given ${name}`));
    expect(settlement).toEqual({
      outputs: { a_b: 'given a_b', body: null, headers: 'given headers', query: 'given query' },
    });
    expect(webhook.outputs(config)).toEqual(['a_b', 'body', 'headers', 'query']);
  });

  it.each<[JsonObject, string]>([
    [{ headers: [{ name: 'Authorization' }] }, 'headers.0.name'],
    [{ query: [{ name: 'body' }] }, 'query.0.name'],
    [{ query: [{ name: 'a-b' }], body: [{ name: 'a_b' }] }, 'body.0.name'],
    [{ content_type: 'text/plain', body: [{ name: 'a' }] }, 'body'],
    [{ content_type: 'multipart/form-data' }, 'content_type'],
    [{ method: 'TRACE' }, 'method'],
    [{ query: [{ name: 'a', type: 'file' }] }, 'query.0.type'],
  ])('refuses %j, naming its field', (config, field) => {
    expect(problemsOf(config)).toEqual([field]);
  });
});
