import type { JsonObject } from '@treadle/workflow';
import { describe, expect, it } from 'vitest';
import type { ModelAnswer } from '../model/ask-model.js';
import { readStructuredOutput, toResponseFormat } from './structured-output.js';

const person: JsonObject = {
  type: 'object',
  properties: {
    name: { type: 'string', pattern: '^(a+)+$' },
    tags: { type: 'array', items: { enum: ['new', 'old'] } },
  },
  required: ['name'],
  additionalProperties: false,
};

function read(text: string, schema = person, finishReason = 'stop') {
  return readStructuredOutput({ text, finishReason } as ModelAnswer, schema);
}

function refusal(...parameters: Parameters<typeof read>) {
  try {
    read(...parameters);
  } catch (error) {
    return error;
  }
  throw new Error('The answer was taken.');
}

describe('structured output', () => {
  it('is the object in the answer, whose patterns are left to the model', () => {
    const hard = `${'a'.repeat(40)}!`;
    expect(read(`Here: {"name": "${hard}", "tags": ["new"]}`)).toEqual({ name: hard, tags: ['new'] });
  });

  it.each([
    ['{"tags": ["new"]}', 'does not have required property "name"'],
    ['{"name": "a", "tags": ["odd"]}', 'tags/0: Instance does not match any of ["new","old"]'],
    ['{"name": "a", "age": 3}', 'Property "age" does not match'],
    ['I would rather not.', 'holds no JSON object'],
  ])('is refused when the answer is %s', (text, sentence) => {
    expect(refusal(text)).toMatchObject({
      failure: {
        code: 'model_answer_unusable',
        message: expect.stringContaining(sentence),
        details: { answer: text },
      },
    });
  });

  it('is refused when the answer was cut off, even where it could be repaired', () => {
    expect(refusal('{"name": "Ad', person, 'length')).toMatchObject({
      failure: { code: 'model_answer_unusable', message: expect.stringContaining('max_tokens') },
    });
  });

  it.each<[JsonObject]>([[{ $ref: '#' }], [{ $ref: 'https://example.com/elsewhere' }]])(
    'says that the schema %j cannot be used',
    (schema) => {
      expect(refusal('{}', schema)).toMatchObject({
        failure: { code: 'node_configuration', field: 'structured_output.schema' },
      });
    },
  );

  it('is promised by the provider only where the schema leaves nothing open', () => {
    expect(toResponseFormat(person)).toMatchObject({ strict: false });
    const closed = { ...person, required: ['name', 'tags'] };
    expect(toResponseFormat(closed)).toMatchObject({ strict: true });
    expect(toResponseFormat({ ...closed, properties: { name: { type: 'object' } } })).toMatchObject({ strict: false });
  });
});
