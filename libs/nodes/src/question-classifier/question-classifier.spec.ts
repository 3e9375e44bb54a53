import { fakeContext, fakeModels, finished } from '@treadle/testing/fake-capabilities';
import type { Json, JsonObject } from '@treadle/workflow';
import { describe, expect, it } from 'vitest';
import { questionClassifier } from './question-classifier.descriptor.js';
import { executeQuestionClassifier } from './question-classifier.executor.js';

const base: JsonObject = {
  query_variable_selector: ['sys', 'query'],
  model: { provider: 'p', name: 'm', completion_params: { temperature: 0 } },
  classes: [
    { id: '10', name: 'Refunds' },
    { id: '20', name: 'Everything about {{#env.PRODUCT#}}', label: 'Product' },
    { id: '30', name: 'Other' },
  ],
};
const values = { 'sys.query': 'My shuttle broke.', 'env.PRODUCT': 'looms' };

async function classify(answer: string, config: JsonObject = {}, given: Record<string, Json> = values) {
  const models = fakeModels([{ type: 'text', text: answer }, finished()]);
  const context = fakeContext(given, { models });
  const outcome = await executeQuestionClassifier(questionClassifier.config.parse({ ...base, ...config }), context);
  return { outcome, context, question: models.questions[0] };
}

describe('question-classifier', () => {
  it('takes the branch of the class the model names', async () => {
    const { outcome, context } = await classify('{"class_id": "20"}');
    expect(outcome).toEqual({
      outputs: {
        class_id: '20',
        class_name: 'Everything about looms',
        class_label: 'Product',
        usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
      },
      handle: '20',
      usage: { inputTokens: 3, outputTokens: 2, provider: 'fake', model: 'fake-1' },
    });
    expect(context.shown).toEqual([]);
    expect(context.warnings).toEqual([]);
  });

  it('tells the model the classes, how to decide and the text, and allows no other class', async () => {
    const { question } = await classify('{}', { instruction: 'Broken {{#env.PRODUCT#}} are no refunds.' });
    const [system, user] = question?.messages ?? [];
    expect(system?.text).toContain('{"class_id":"20","class_name":"Everything about looms"}');
    expect(system?.text).toContain('How to decide:\nBroken looms are no refunds.');
    expect(system?.text).not.toContain('The conversation so far');
    expect(user).toEqual({ role: 'user', text: 'The message:\nMy shuttle broke.' });
    expect(question).toMatchObject({
      provider: 'p',
      model: 'm',
      parameters: { temperature: 0 },
      responseFormat: { strict: true, schema: { properties: { class_id: { enum: ['10', '20', '30'] } } } },
    });
  });

  it('tells the earlier turns where the node has a memory', async () => {
    const models = fakeModels([{ type: 'text', text: '{"class_id": "30"}' }, finished()]);
    const context = { ...fakeContext(values, { models }), history: [{ query: 'Hi', answer: 'Hello!' }] };
    await executeQuestionClassifier(questionClassifier.config.parse({ ...base, memory: {} }), context);
    expect(models.questions[0]?.messages[0]?.text).toContain('The conversation so far:\nHuman: Hi\nAssistant: Hello!');
  });

  it.each([
    ['a fence', '```json\n{"class_id": "30"}\n```'],
    ['nearly-JSON', "{class_id: '30',}"],
    ['a number', '{"class_id": 30}'],
    ['a name in JSON', '{"class_id": "other", "why": "Nothing else fits."}'],
    ['thoughts before it', '<think>10 or 30?</think>30'],
    ['the bare id', '30'],
    ['the bare name', '**Other**.'],
  ])('understands %s', async (_, answer) => {
    const { outcome, context } = await classify(answer);
    expect(outcome.handle).toBe('30');
    expect(context.warnings).toEqual([]);
  });

  it('understands the label', async () => {
    expect((await classify('product')).outcome.handle).toBe('20');
  });

  it.each(['{"class_id": "99"}', 'I cannot tell.', ''])(
    'takes the first class when the answer is %j',
    async (answer) => {
      const { outcome, context } = await classify(answer);
      expect(outcome).toMatchObject({ handle: '10', outputs: { class_id: '10', class_name: 'Refunds' } });
      expect(context.warnings).toEqual([expect.stringContaining(`first was taken, "Refunds". It said: "${answer}"`)]);
    },
  );

  it('asks about an empty text too', async () => {
    expect((await classify('30', {}, {})).question?.messages[1]?.text).toBe('The message:\n(empty)');
  });

  it('has a branch for each class and reads what its texts name', () => {
    const config = questionClassifier.config.parse({
      ...base,
      instruction: '{{#start.hint#}}',
      vision: { enabled: true },
    });
    expect(questionClassifier.handles(config)).toEqual(['10', '20', '30']);
    expect(questionClassifier.reads(config).map(({ selector, field }) => `${field}: ${selector.join('.')}`)).toEqual([
      'query_variable_selector: sys.query',
      'classes[1].name: env.PRODUCT',
      'instruction: start.hint',
      'vision.configs.variable_selector: sys.files',
    ]);
  });

  it.each<[string, Json]>([
    ['no classes', []],
    [
      'two classes with one id',
      [
        { id: '1', name: 'a' },
        { id: '1', name: 'b' },
      ],
    ],
  ])('is not configured with %s', (_, classes) => {
    expect(questionClassifier.config.safeParse({ ...base, classes }).success).toBe(false);
  });
});
