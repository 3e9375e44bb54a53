import type { FailureError } from '@treadle/failure';
import { fakeCode, fakeContext } from '@treadle/testing/fake-capabilities';
import type { Json, JsonObject } from '@treadle/workflow';
import { describe, expect, it } from 'vitest';
import { code } from './code.descriptor.js';
import { executeCode } from './code.executor.js';

const source = 'function main({ a }) { return { a }; }';

async function run(outputs: JsonObject, result: Json, printed = '') {
  const runner = fakeCode(result, printed);
  const context = fakeContext({ 'start.a': 1 }, { code: runner });
  const config = code.config.parse({
    code_language: 'javascript',
    code: source,
    variables: [
      { variable: 'a', value_selector: ['start', 'a'] },
      { variable: 'gone', value_selector: ['start', 'gone'] },
      { variable: 'open', value_selector: [] },
    ],
    outputs,
  });
  return { outcome: await executeCode(config, context), context, question: runner.questions[0]! };
}

const failureOf = (outputs: JsonObject, result: Json) =>
  run(outputs, result).then(
    () => undefined,
    (error: unknown) => (error as FailureError).failure,
  );

const list = (length: number, value: Json) => Array.from({ length }, () => value);
const nested = (depth: number): Json => (depth === 0 ? 1 : { in: nested(depth - 1) });

describe('code', () => {
  it('calls the code with its variables, null where there is no value, and gives the declared outputs', async () => {
    const { question, outcome, context } = await run({ sum: { type: 'number' } }, { sum: 3 });
    expect(question).toEqual({
      language: 'javascript',
      code: source,
      inputs: { a: 1, gone: null, open: null },
    });
    expect(outcome).toEqual({ outputs: { sum: 3 } });
    expect(context.warnings).toEqual([]);
  });

  it('leaves out what is not declared and says so, and tells what was printed', async () => {
    const { outcome, context } = await run({ a: { type: 'string' } }, { a: 'x', b: 1, c: 2 }, 'hello\n');
    expect(outcome.outputs).toEqual({ a: 'x' });
    expect(context.warnings).toEqual([
      'The code printed: hello\n',
      'The code returned b, c beside its outputs. Declare what later nodes are to read.',
    ]);
  });

  it.each<[string, Json]>([
    ['string', ''],
    ['string', 'x'.repeat(400_000)],
    ['number', 0.5],
    ['boolean', false],
    ['object', nested(5)],
    ['array[string]', list(30, 'x')],
    ['array[number]', list(1000, 1)],
    ['array[boolean]', [true, null]],
    ['array[object]', list(30, { a: 1 })],
    ['object', null],
  ])('takes a %s', async (type, value) => {
    expect((await run({ x: { type } }, { x: value })).outcome.outputs).toEqual({ x: value });
  });

  it.each<[string, Json, string]>([
    ['string', 1, 'declared as string, and the code returned number'],
    ['number', '1', 'declared as number, and the code returned string'],
    ['boolean', 0, 'declared as boolean, and the code returned number'],
    ['object', [], 'declared as object, and the code returned array'],
    ['array[string]', 'x', 'declared as array[string], and the code returned string'],
    ['array[string]', ['x', 1], '"x[1]" is declared as string, and the code returned number'],
    ['array[object]', [[]], '"x[0]" is declared as object, and the code returned array'],
    ['array[string]', list(31, 'x'), '31 elements'],
    ['array[number]', list(1001, 1), '1001 elements'],
    ['string', 'x'.repeat(400_001), '400001 characters'],
    ['array[object]', [{ text: 'x'.repeat(400_001) }], '400001 characters'],
    ['object', nested(6), 'nested too deeply'],
    ['object', nested(5_000), 'nested too deeply'],
  ])('refuses what is no %s or too much of it', async (type, value, message) => {
    expect(await failureOf({ x: { type } }, { x: value })).toMatchObject({
      code: 'code_output_invalid',
      message: expect.stringContaining(message),
    });
  });

  it('looks into objects whose fields are declared', async () => {
    const person = { type: 'object', children: { name: { type: 'string' }, age: { type: 'number' } } };
    expect((await run({ person }, { person: { name: 'Ada', age: 36, more: 1 } })).outcome.outputs).toEqual({
      person: { name: 'Ada', age: 36, more: 1 },
    });
    expect(await failureOf({ person }, { person: { name: 'Ada' } })).toMatchObject({
      message: 'The code did not return the output "person.age" (number).',
      details: { output: 'person.age' },
    });
  });

  it.each<[Json]>([[null], [1], [[]], ['text']])('refuses %j in place of an object', async (result) => {
    expect(await failureOf({}, result)).toMatchObject({ code: 'code_output_invalid' });
  });

  it('does not take what an object inherits for an output', async () => {
    expect(await failureOf({ constructor: { type: 'object' } }, {})).toMatchObject({ code: 'code_output_invalid' });
  });

  it('selects its variables, and its outputs are those declared', () => {
    const config = code.config.parse({
      code_language: 'python3',
      code: '',
      variables: [
        { variable: 'a', value_selector: ['start', 'a'] },
        { variable: 'b', value_selector: [] },
      ],
      outputs: { x: { type: 'string', children: null }, y: { type: 'array[object]' } },
    });
    expect(code.reads(config)).toEqual([{ selector: ['start', 'a'], field: 'variables[0].value_selector' }]);
    expect(code.outputs(config)).toEqual(['x', 'y']);
    expect(code.config.safeParse({ ...config, outputs: { x: { type: 'file' } } }).success).toBe(false);
  });
});
