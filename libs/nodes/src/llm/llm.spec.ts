import { FailureError } from '@treadle/failure';
import { fakeContext, fakeModels, finished } from '@treadle/testing/fake-capabilities';
import type { Json, JsonObject } from '@treadle/workflow';
import { describe, expect, it } from 'vitest';
import type { HistoryTurn } from '../define-node.js';
import { llm } from './llm.descriptor.js';
import { executeLlm } from './llm.executor.js';

const model = { provider: 'p', name: 'm', mode: 'chat', completion_params: { temperature: 0.2, stop: null } };

const text = (...words: string[]) => words.map((word) => ({ type: 'text', text: word }) as const);

async function ask(
  config: JsonObject,
  values: Record<string, Json> = {},
  parts = [...text('Hi'), finished()],
  history: readonly HistoryTurn[] = [],
) {
  const models = fakeModels(parts);
  const context = { ...fakeContext(values, { models }), history };
  const outcome = await executeLlm(llm.config.parse({ model, ...config }), context);
  return { outcome, context, question: models.questions[0] };
}

const user = (words: string) => ({ prompt_template: [{ role: 'user', text: words }] });

describe('llm', () => {
  it('asks with its messages and gives text, usage and finish reason', async () => {
    const config = {
      prompt_template: [
        { role: 'system', text: 'Be {{#start.tone#}}.' },
        { role: 'user', text: '{{#sys.query#}}' },
      ],
    };
    const { outcome, context, question } = await ask(config, { 'start.tone': 'kind', 'sys.query': 'Who?' }, [
      ...text('He', 'llo'),
      finished({ warnings: ['Another model answered.'] }),
    ]);
    expect(question).toEqual({
      provider: 'p',
      model: 'm',
      messages: [
        { role: 'system', text: 'Be kind.' },
        { role: 'user', text: 'Who?' },
      ],
      parameters: { temperature: 0.2 },
    });
    expect(outcome).toEqual({
      outputs: {
        text: 'Hello',
        reasoning_content: '',
        usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
        finish_reason: 'stop',
      },
      usage: { inputTokens: 3, outputTokens: 2, provider: 'fake', model: 'fake-1' },
    });
    expect(context.shown).toEqual(['He', 'llo']);
    expect(context.warnings).toEqual(['Another model answered.']);
  });

  it('drops messages that come out empty, and fails when none is left', async () => {
    const config = {
      prompt_template: [
        { role: 'system', text: '{{#a.b#}}' },
        { role: 'user', text: 'Hi' },
      ],
    };
    expect((await ask(config)).question?.messages).toEqual([{ role: 'user', text: 'Hi' }]);
    await expect(ask(user('{{#a.b#}}'))).rejects.toMatchObject({ failure: { code: 'node_configuration' } });
  });

  it('takes a single text as the words of the user', async () => {
    expect((await ask({ prompt_template: { text: 'Go on: {{#a.b#}}' } }, { 'a.b': 'x' })).question?.messages).toEqual([
      { role: 'user', text: 'Go on: x' },
    ]);
  });

  it('puts the context in, and leaves a marker inside a value alone', async () => {
    const context = { enabled: true, variable_selector: ['search', 'result'] };
    const values = { 'search.result': [{ content: 'one' }, 'two'], 'a.b': '{{#context#}}' };
    const { question } = await ask({ ...user('Use {{#context#}} and {{#a.b#}}'), context }, values);
    expect(question?.messages[0]?.text).toBe('Use one\ntwo and {{#context#}}');
  });

  it('renders Jinja2 messages with the named variables only', async () => {
    const config = {
      prompt_template: [{ role: 'user', text: '', edition_type: 'jinja2', jinja2_text: '{{ name|upper }}{{ other }}' }],
      prompt_config: { jinja2_variables: [{ variable: 'name', value_selector: ['a', 'b'] }] },
    };
    expect((await ask(config, { 'a.b': 'ada' })).question?.messages[0]?.text).toBe('ADA');
    expect(llm.reads(llm.config.parse({ model, ...config }))).toEqual([
      { selector: ['a', 'b'], field: 'prompt_config.jinja2_variables[0].value_selector' },
    ]);
  });

  const history = [
    { query: 'Who?', answer: 'Ada.' },
    { query: 'When?', answer: '1815.' },
  ];
  const remembering = (prompt: object, memory: object, query = 'Where?') =>
    ask({ prompt_template: prompt, memory } as JsonObject, { 'sys.query': query }, undefined, history);

  it('shows the earlier turns between the prompt and the turn of the user', async () => {
    const { question } = await remembering([{ role: 'system', text: 'Be kind.' }], { window: { enabled: true } });
    expect(question?.messages.map(({ role, text }) => `${role}: ${text}`)).toEqual([
      'system: Be kind.',
      'user: Who?',
      'assistant: Ada.',
      'user: When?',
      'assistant: 1815.',
      'user: Where?',
    ]);
    const own = await remembering([], { query_prompt_template: 'Q: {{#sys.query#}}' });
    expect(own.question?.messages.at(-1)).toEqual({ role: 'user', text: 'Q: Where?' });
  });

  it('tells the earlier turns inside a single text that says where', async () => {
    const prompt = { text: 'So far:\n{{#histories#}}\nGo on.' };
    const { question } = await remembering(prompt, { role_prefix: { user: 'U', assistant: '' } }, '');
    expect(question?.messages).toEqual([
      { role: 'user', text: 'So far:\nU: Who?\nAssistant: Ada.\nU: When?\nAssistant: 1815.\nGo on.' },
    ]);
  });

  it.each([
    [{ window: { enabled: true, size: 3 } }, { turns: 3, tokens: 8000 }],
    [{ window: { enabled: false, size: 3, tokens: 50 } }, { turns: 500, tokens: 50 }],
    [{}, { turns: 500, tokens: 8000 }],
    [null, undefined],
  ])('with the memory %j wants of the history %j', (memory, window) => {
    expect(llm.history?.(llm.config.parse({ model, memory }))).toEqual(window);
  });

  it('leaves reasoning tags in the text, or moves them out', async () => {
    const parts = [...text('<thi', 'nk>hm</think>\nYes'), finished()];
    const tagged = await ask(user('?'), {}, parts);
    expect(tagged.outcome.outputs).toMatchObject({ text: '<think>hm</think>\nYes', reasoning_content: '' });
    const separated = await ask({ ...user('?'), reasoning_format: 'separated' }, {}, parts);
    expect(separated.outcome.outputs).toMatchObject({ text: 'Yes', reasoning_content: 'hm' });
    expect(separated.context.shown.join('')).toBe('Yes');
  });

  it('keeps the reasoning a provider gives apart', async () => {
    const { outcome } = await ask(user('?'), {}, [{ type: 'reasoning', text: 'hm' }, ...text('Yes'), finished()]);
    expect(outcome.outputs).toMatchObject({ text: 'Yes', reasoning_content: 'hm' });
  });

  it.each<[JsonObject, JsonObject]>([
    [{ response_format: 'json_object' }, { type: 'json_object' }],
    [
      { response_format: 'json_schema', json_schema: '{"name": "sum", "schema": {"type": "object"}}' },
      { type: 'json_schema', json_schema: { name: 'sum', schema: { type: 'object' } } },
    ],
    [{ response_format: { type: 'text' } }, { type: 'text' }],
  ])('writes the response format %j the way the provider wants it', async (completion_params, format) => {
    const config = { ...user('?'), model: { ...model, completion_params } };
    expect((await ask(config)).question?.parameters).toEqual({ response_format: format });
  });

  it('fails when the stream ends without its last part, and passes failures on', async () => {
    await expect(ask(user('?'), {}, text('Hel'))).rejects.toMatchObject({ failure: { code: 'provider_stream_cut' } });
    const away = FailureError.of('provider_unavailable', 'away');
    const models = fakeModels([away]);
    await expect(executeLlm(llm.config.parse({ model, ...user('?') }), fakeContext({}, { models }))).rejects.toBe(away);
  });

  const sum = { type: 'object', properties: { sum: { type: 'number' } }, required: ['sum'] };
  const structured = { ...user('1 + 1?'), structured_output_enabled: true, structured_output: { schema: sum } };

  it('asks for an object by its schema, and gives it beside the text', async () => {
    const answer = [...text('```json\n{"sum": ', '2,}\n```'), finished()];
    const { outcome, question, context } = await ask(structured, {}, answer);
    expect(question?.responseFormat).toMatchObject({ type: 'json_schema', schema: sum });
    expect(outcome.outputs).toMatchObject({ text: '```json\n{"sum": 2,}\n```', structured_output: { sum: 2 } });
    expect(context.shown.join('')).toBe(outcome.outputs.text);
    expect(llm.outputs(llm.config.parse({ model, ...structured }))).toContain('structured_output');
  });

  it('fails when the answer is no such object', async () => {
    await expect(ask(structured, {}, [...text('{"sum": "two"}'), finished()])).rejects.toMatchObject({
      failure: { code: 'model_answer_unusable', retryable: true },
    });
  });

  it.each([
    [{ structured_output_enabled: true }, 'without a schema'],
    [{ structured_output_enabled: true, structured_output: { schema: { type: 'array' } } }, 'type must be "object"'],
  ])('is not configured with %j', (settings, sentence) => {
    const { error } = llm.config.safeParse({ model, ...settings });
    expect(error?.issues).toMatchObject([
      { path: ['structured_output', 'schema'], message: expect.stringContaining(sentence) },
    ]);
  });
});
