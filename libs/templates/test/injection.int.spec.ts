import { FailureError } from '@treadle/failure';
import { catalog, checkInputs, findExecutor, startConfigSchema } from '@treadle/nodes';
import { fakeCode, fakeContext, fakeFiles, fakeHttp, fakeModels, finished } from '@treadle/testing/fake-capabilities';
import { type Json, type JsonObject, type NodeType, renderTextTemplate } from '@treadle/workflow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TemplateRenderer } from '../src/index.js';
import { greedy, names, payloads } from './injection-payloads.js';

const renderer = new TemplateRenderer({ processes: 1, timeoutSeconds: 2, memoryBytes: 128 * 1024 * 1024 });
const secret = 'planted-7f3a';
const stop = new AbortController().signal;
const templates = { render: (text: string, values: JsonObject) => renderer.render(text, values, stop) };

/** Everything of the host that a payload could leave a trace in. */
const hostObjects = {
  globalThis,
  Object,
  Function,
  Array,
  String,
  Number,
  JSON,
  Promise,
  Map,
  RegExp,
  Symbol,
  Reflect,
};
function traces(): Map<string, unknown> {
  const found = new Map<string, unknown>();
  for (const [name, object] of Object.entries(hostObjects)) {
    for (const part of [object, Reflect.get(object, 'prototype') as object | undefined]) {
      for (const key of part ? Reflect.ownKeys(part) : []) {
        // Node keeps symbols there for what it loads when it is first needed.
        if (object === globalThis && typeof key === 'symbol') continue;
        const { value } = Reflect.getOwnPropertyDescriptor(part ?? {}, key) ?? {};
        found.set(`${name}${part === object ? '' : '.prototype'}.${String(key)}`, object === globalThis ? 0 : value);
      }
    }
  }
  return found;
}

/** What is there now and was not before, or is another thing than it was. */
function changes(): string[] {
  return [...traces()].flatMap(([name, value]) =>
    before.has(name) && Object.is(before.get(name), value) ? [] : [name],
  );
}
const exitCode = () => process.exitCode;
let before: ReturnType<typeof traces>;

beforeAll(() => {
  process.env['TREADLE_PLANTED'] = secret;
  before = traces();
});
afterAll(async () => {
  delete process.env['TREADLE_PLANTED'];
  await renderer.close();
});

const http = () => fakeHttp({ body: '{}' });
const says = (text: string) => fakeModels([{ type: 'text', text }, finished()], [{ type: 'text', text }, finished()]);

/** Runs one node with its real configuration check and its real behaviour. What it comes to is plain data; anything else is thrown. */
async function run(
  type: keyof typeof catalog,
  config: unknown,
  values: Record<string, Json>,
  text = '{}',
): Promise<unknown> {
  const node = catalog[type] as NodeType;
  const parsed = node.config.safeParse(config);
  if (!parsed.success) return { refused: 'configuration' };
  const context = fakeContext(values, {
    templates,
    http: http(),
    models: says(text),
    files: fakeFiles(),
    code: fakeCode(() => JSON.parse(text) as Json),
  });
  try {
    if (node.work === 'control' && node.isWork?.(parsed.data) !== true) return node.settle(parsed.data, context.read);
    return (await findExecutor(type)?.(parsed.data, context))?.outputs;
  } catch (error) {
    if (error instanceof FailureError) return { failure: error.failure };
    throw error;
  }
}

/** Data, and nothing of the host in it. */
function expectPlain(outcome: unknown): void {
  const text = JSON.stringify(outcome) ?? '';
  expect(text).not.toContain(secret);
  expect(text).not.toMatch(/\[native code\]|root:x:0:0|node:internal|node_modules/);
  expect(text).not.toContain('"code":"internal"');
  expect(text.length).toBeLessThan(3_000_000);
}

const values: Record<string, Json> = { 'n.x': 'word', 'n.y': { a: { b: 1 } }, 'n.list': [{ a: 1 }, { a: 2 }] };
const variables = ['x', 'y'].map((variable) => ({ variable, value_selector: ['n', variable] }));
const model = { provider: 'p', name: 'm', mode: 'chat', completion_params: {} };
const n = (name: string) => ['n', name];

/** Every field that takes text of an author, with the payload in it. */
const authored: readonly [field: string, attempt: (text: string) => Promise<unknown>][] = [
  ['template', (text) => run('template', { template: text, variables }, values)],
  [
    'llm prompt',
    (text) =>
      run(
        'llm',
        {
          model,
          prompt_template: [
            { role: 'system', text, jinja2_text: text, edition_type: 'jinja2' },
            { role: 'user', text },
          ],
          prompt_config: { jinja2_variables: variables },
        },
        values,
      ),
  ],
  ['answer', (text) => run('answer', { answer: text }, values)],
  [
    'http-request',
    (text) =>
      run(
        'http-request',
        {
          method: 'post',
          url: `https://a.example/${text}`,
          headers: `X-A: ${text}`,
          params: `${text}:${text}`,
          body: { type: 'json', data: `{"a": "${text}"}` },
          authorization: { type: 'api-key', config: { type: 'custom', header: text, api_key: text } },
        },
        values,
      ),
  ],
  [
    'conditions',
    async (text) =>
      Promise.all(
        ['contains', 'start with', 'is', 'in', 'all of', '=', '>', 'not exists'].map((operator) =>
          run(
            'if-else',
            {
              cases: [
                {
                  case_id: text,
                  conditions: [{ variable_selector: n('x'), comparison_operator: operator, value: text }],
                },
              ],
            },
            values,
          ),
        ),
      ),
  ],
  [
    'list operator',
    (text) =>
      run(
        'list-operator',
        {
          variable: n('list'),
          filter_by: { enabled: true, conditions: [{ key: text, comparison_operator: 'contains', value: text }] },
          order_by: { enabled: true, key: text, value: 'asc' },
          extract_by: { enabled: true, serial: text },
        },
        values,
      ),
  ],
  [
    'assigner',
    (text) =>
      run(
        'assigner',
        {
          items: [
            { variable_selector: ['conversation', text], operation: 'over-write', input_type: 'constant', value: text },
            { variable_selector: [text, text], operation: 'append', input_type: 'variable', value: [text, text] },
          ],
        },
        values,
      ),
  ],
  [
    'aggregator',
    (text) =>
      run(
        'variable-aggregator',
        {
          variables: [[text, text], n('x')],
          advanced_settings: {
            group_enabled: true,
            groups: [
              {
                group_name: text,
                variables: [
                  [text, text],
                  ['n', 'x', text],
                ],
              },
            ],
          },
        },
        values,
      ),
  ],
  [
    'parameter extractor',
    (text) =>
      run(
        'parameter-extractor',
        {
          model,
          query: n('x'),
          parameters: [{ name: text, type: 'string', description: text, required: false }],
          instruction: text,
          reasoning_mode: 'prompt',
        },
        values,
        JSON.stringify({ [text]: text }),
      ),
  ],
  [
    'JSON schema',
    (text) =>
      run(
        'llm',
        {
          model,
          prompt_template: [{ role: 'user', text: 'x' }],
          structured_output_enabled: true,
          structured_output: {
            schema: {
              type: 'object',
              properties: { [text]: { type: 'string', pattern: text, format: text, $ref: text } },
              patternProperties: { [text]: {} },
            },
          },
        },
        values,
        JSON.stringify({ [text]: text }),
      ),
  ],
  [
    'classifier',
    (text) =>
      run(
        'question-classifier',
        {
          model,
          query_variable_selector: n('x'),
          classes: [
            { id: text, name: text },
            { id: 'b', name: 'b' },
          ],
          instruction: text,
        },
        values,
        text,
      ),
  ],
  [
    'code',
    (text) =>
      run(
        'code',
        {
          code_language: 'javascript',
          code: text,
          variables: [{ variable: text, value_selector: n('x') }],
          outputs: { [text]: { type: 'object' } },
        },
        values,
        JSON.stringify({ [text]: { [text]: text } }),
      ),
  ],
];

/** Every way of a value into a text, with the payload as the value: it must come out as it went in. */
async function expectVerbatim(value: string): Promise<void> {
  const given = { 'n.x': value };
  expect(renderTextTemplate('a{{#n.x#}}b', () => value)).toBe(`a${value}b`);
  expect(await run('answer', { answer: '{{#n.x#}}' }, given)).toMatchObject({ outputs: { answer: value } });
  for (const template of ['{{ x }}', '{% if true %}{{ x }}{% endif %}'])
    expect(await run('template', { template, variables }, given)).toMatchObject(
      template === '{{ x }}' ? { outputs: { output: value } } : { output: value },
    );
  const client = http();
  const config = {
    url: 'https://a.example/',
    params: 'q:{{#n.x#}}',
    method: 'post',
    body: { type: 'json', data: '{"a": "{{#n.x#}}"}' },
  };
  await findExecutor('http-request')?.(
    catalog['http-request'].config.parse(config),
    fakeContext(given, { http: client }),
  );
  const [question] = client.questions;
  expect(JSON.parse(question?.body as string)).toEqual({ a: value });
  expect(new URL(question?.url ?? '').searchParams.getAll('q')).toEqual([value]);
}

const short = (text: string) => JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}… (${text.length})` : text);
const wellFormed = payloads.filter(({ text }) => text.isWellFormed());

describe('a text that is to become code', () => {
  it('is counted', () => {
    expect(new Set(payloads.map(({ text }) => text)).size).toBe(payloads.length);
    expect(payloads.length).toBeGreaterThanOrEqual(500);
  });

  it.each(payloads.map(({ family, text }) => [family, short(text), text]))(
    'stays one, or fails cleanly, in every field of an author: %s %s',
    async (_family, _short, text) => {
      for (const [field, attempt] of authored) {
        const outcome = await attempt(text).catch((error: unknown) => {
          throw new Error(`${field} threw what is no failure`, { cause: error });
        });
        expectPlain(outcome);
      }
      expect(changes()).toEqual([]);
      expect(exitCode()).toBeUndefined();
    },
  );

  it.each(wellFormed.map(({ family, text }) => [family, short(text), text]))(
    'comes out of a value as it went in: %s %s',
    async (_family, _short, text) => {
      await expectVerbatim(text);
      expect(changes()).toEqual([]);
    },
  );

  it.each(greedy.map((text) => [short(text), text]))(
    'takes no more than its share, and the next one is rendered: %s',
    async (_, text) => {
      expect(await run('template', { template: text, variables }, values)).toMatchObject({
        failure: { code: expect.stringMatching(/^(?:limit_exceeded|template_error)$/), retryable: false },
      });
      expect(await templates.render('{{ 1 + 1 }}', {})).toBe('2');
    },
  );

  it.each(names)('is no way to a prototype as the name of an input: %j', (name) => {
    const config = startConfigSchema.safeParse({
      variables: [{ variable: name, label: name, type: 'text-input', required: false }],
    });
    const inputs = JSON.parse(`{${JSON.stringify(name)}: {"polluted": 1}, "__proto__": {"polluted": 1}}`) as JsonObject;
    if (config.success) expectPlain(checkInputs(config.data, inputs));
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(changes()).toEqual([]);
  });
});
