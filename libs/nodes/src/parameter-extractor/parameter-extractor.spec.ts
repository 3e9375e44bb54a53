import { fakeContext, fakeModels, finished } from '@treadle/testing/fake-capabilities';
import type { Json, JsonObject } from '@treadle/workflow';
import { describe, expect, it } from 'vitest';
import type { ChatPart } from '../capabilities.js';
import { parameterExtractor } from './parameter-extractor.descriptor.js';
import { executeParameterExtractor } from './parameter-extractor.executor.js';

const base: JsonObject = {
  query: ['sys', 'query'],
  model: { provider: 'p', name: 'm' },
  parameters: [
    { name: 'town', type: 'string', description: 'Where to, in {{#env.COUNTRY#}}', required: true },
    { name: 'nights', type: 'number' },
    { name: 'board', type: 'select', options: ['none', 'half'] },
    { name: 'guests', type: 'array[string]' },
  ],
};
const values = { 'sys.query': 'Three nights in Ulm for Ada and Max.', 'env.COUNTRY': 'Germany' };

const says = (text: string): ChatPart[] => [{ type: 'text', text }, finished()];
const calls = (...pieces: string[]): ChatPart[] => [
  ...pieces.map((argumentsJson, index) => {
    const begin = index === 0 ? { id: 'c1', name: 'extract_parameters' } : { id: '', name: '' };
    return { type: 'toolCall', index: 0, ...begin, argumentsJson } as const;
  }),
  finished({ finishReason: 'tool_calls' }),
];

async function extract(answer: ChatPart[], config: JsonObject = {}, given: Record<string, Json> = values) {
  const models = fakeModels(answer);
  const context = fakeContext(given, { models });
  const outcome = await executeParameterExtractor(parameterExtractor.config.parse({ ...base, ...config }), context);
  return { outcome, question: models.questions[0]! };
}

describe('parameter-extractor', () => {
  it('gives what the model calls the function with, each in its type', async () => {
    const { outcome } = await extract(
      calls('{"town": "Ulm", "nights"', ': "3", "board": "Half", "guests": ["Ada", "Max"]}'),
    );
    expect(outcome).toEqual({
      outputs: {
        town: 'Ulm',
        nights: 3,
        board: 'half',
        guests: ['Ada', 'Max'],
        __is_success: 1,
        __reason: '',
        __usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
      },
      usage: { inputTokens: 3, outputTokens: 2, provider: 'fake', model: 'fake-1' },
    });
  });

  const schema = {
    type: 'object',
    properties: {
      town: { type: 'string', description: 'Where to, in Germany' },
      nights: { type: 'number' },
      board: { type: 'string', enum: ['none', 'half'] },
      guests: { type: 'array', items: { type: 'string' } },
    },
    required: ['town'],
  };

  it('asks for a call with the parameters as its schema', async () => {
    const { question } = await extract(calls('{}'), { instruction: 'Look in {{#env.COUNTRY#}}.' });
    expect(question.tools).toMatchObject([{ name: 'extract_parameters', parameters: schema }]);
    expect(question.toolChoice).toBe('extract_parameters');
    const [system, user] = question.messages;
    expect(system?.text).toContain('What to look for:\nLook in Germany.');
    expect(system?.text).not.toContain('JSON');
    expect(user?.text).toBe('The text:\nThree nights in Ulm for Ada and Max.');
  });

  it('asks for JSON by the schema in prompt mode, without any function', async () => {
    const { outcome, question } = await extract(says("Here:\n```json\n{'town': 'Ulm',}\n```"), {
      reasoning_mode: 'prompt',
    });
    expect(question).not.toHaveProperty('tools');
    expect(question.messages[0]?.text).toContain(`The JSON schema:\n${JSON.stringify(schema)}`);
    expect(outcome.outputs).toMatchObject({ town: 'Ulm', __is_success: 1 });
  });

  it('takes JSON from a model that writes it instead of calling', async () => {
    expect((await extract(says('{"town": "Ulm"}'))).outcome.outputs).toMatchObject({ town: 'Ulm', __is_success: 1 });
  });

  it('gives empty values for optional parameters that were not found', async () => {
    const { outcome } = await extract(calls('{"town": "Ulm", "nights": null}'));
    expect(outcome.outputs).toMatchObject({ nights: 0, board: '', guests: [], __is_success: 1, __reason: '' });
  });

  it('says what is missing or wrong, and keeps the rest', async () => {
    const { outcome } = await extract(calls('{"nights": "many", "board": "full", "guests": ["Ada"]}'));
    expect(outcome.outputs).toMatchObject({ town: '', nights: 0, board: '', guests: ['Ada'], __is_success: 0 });
    expect(outcome.outputs.__reason).toBe(
      'The parameter "town" is required, and the model found no value for it. ' +
        'The parameter "nights" must be of the type number, and the model gave many. ' +
        'The parameter "board" must be one of none, half, and the model gave full.',
    );
  });

  it('does not fail when the answer is no JSON', async () => {
    const { outcome } = await extract(says('I am only a loom.'));
    expect(outcome.outputs).toMatchObject({
      town: '',
      guests: [],
      __is_success: 0,
      __reason: 'The model gave no JSON. It said: "I am only a loom.".',
    });
  });

  it('names its outputs and reads what its texts name', () => {
    const config = parameterExtractor.config.parse({ ...base, instruction: '{{#start.hint#}}' });
    expect(parameterExtractor.outputs(config)).toEqual([
      'town',
      'nights',
      'board',
      'guests',
      '__is_success',
      '__reason',
      '__usage',
    ]);
    expect(parameterExtractor.reads(config).map(({ selector, field }) => `${field}: ${selector.join('.')}`)).toEqual([
      'query: sys.query',
      'parameters[0].description: env.COUNTRY',
      'instruction: start.hint',
    ]);
  });

  it.each<[string, Json]>([
    ['no parameters', []],
    ['a name that is taken', [{ name: '__reason', type: 'string' }]],
    ['a select without options', [{ name: 'board', type: 'select', options: [] }]],
    ['an unknown type', [{ name: 'when', type: 'date' }]],
  ])('is not configured with %s', (_, parameters) => {
    expect(parameterExtractor.config.safeParse({ ...base, parameters }).success).toBe(false);
  });
});
