import { describe, expect, it } from 'vitest';
import { readJsonObject } from './read-json.js';

describe('the JSON object in an answer', () => {
  it.each([
    ['alone', '{"a": 1}'],
    ['in a fence', 'Sure!\n```json\n{"a": 1}\n```\nAnything else?'],
    ['in a fence that never closes', '```json\n{"a": 1}'],
    ['among words with braces before the fence', 'Fill {a}:\n```\n{"a": 1}\n```'],
    ['among other words', 'The answer is {"a": 1}. Bye.'],
    ['behind thoughts', '<think>{"a": 2}?</think>{"a": 1}'],
    ['with single quotes and a comma too many', "{'a': 1,}"],
    ['with comments and bare names', '{a: 1 /* one */}'],
    ['cut off', '{"a": 1'],
  ])('is found %s', (_, answer) => {
    expect(readJsonObject(answer)).toEqual({ a: 1 });
  });

  it.each(['', 'No.', '[1, 2]', '"a"', '}'])('is not found in %j', (answer) => {
    expect(readJsonObject(answer)).toBeUndefined();
  });

  it('is not found where it is too deep to be read', () => {
    expect(readJsonObject(`{"a": ${'['.repeat(100_000)}`)).toBeUndefined();
  });
});
