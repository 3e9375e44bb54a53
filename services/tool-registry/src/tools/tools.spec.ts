import type { JsonObject } from '@treadle/workflow';
import { describe, expect, it } from 'vitest';
import type { CallWorld } from '../domain/toolset-kind.js';
import type { BuiltinTool } from '../kinds/builtin/builtin-tool.js';
import { calculator } from './calculator/calculator.tool.js';
import { currentTime } from './current-time/current-time.tool.js';
import { jsonPath } from './json-path/json-path.tool.js';

const call = async (tool: BuiltinTool, args: JsonObject) => tool.call(args, {} as CallWorld);

describe('the calculator', () => {
  it.each([
    ['(1 + 2) * 3 ^ 2 / sqrt(16)', '6.75'],
    ['0.1 + 0.2', '0.3'],
    ['5! + 7 mod 4', '123'],
    ['2 > 1 ? max(1, 5, 3) : 0', '5'],
    ['cos(pi)', '-1'],
    ['1 < 2', 'true'],
  ])('finds that %s is %s', async (expression, text) => {
    expect(await call(calculator, { expression })).toMatchObject({ text, isError: false });
  });

  it.each([
    'f(x) = f(x - 1) + f(x - 1)',
    'a = 3',
    'import({})',
    'parse("1")',
    'evaluate("1")',
    'simplify("x")',
    '"text"',
    '[1, 2]',
    '{a: 1}',
    '1:10',
    'cos.constructor("return process")()',
    'x',
    'sqrt',
    '1 / 0',
    '1 +',
    'random()',
  ])('refuses %s with what to do', async (expression) => {
    const { isError, text } = await call(calculator, { expression });
    expect([isError, text]).toEqual([true, expect.stringMatching(/cannot be calculated.*Correct it/s)]);
  });
});

describe('the JSON path', () => {
  const json = JSON.stringify({
    orders: [
      { id: 1, total: 50 },
      { id: 2, total: 150 },
    ],
  });

  it('finds values', async () => {
    expect(await call(jsonPath, { json, path: '$.orders[?@.total > 100].id' })).toMatchObject({
      json: [2],
      text: '[2]',
    });
  });

  it.each(['$.orders[', '$..[?match(@.a, "(a+)+$")]', '$[?(@.constructor.constructor("return 1")())]'])(
    'refuses %s',
    async (path) => {
      expect(await call(jsonPath, { json, path })).toMatchObject({ isError: true });
    },
  );

  it('refuses what is no JSON', async () => {
    expect(await call(jsonPath, { json: '{', path: '$' })).toMatchObject({ isError: true });
  });
});

describe('the clock', () => {
  it('tells the time in a zone', async () => {
    const { text } = await call(currentTime, { timezone: 'Asia/Kolkata' });
    expect(text).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+05:30$/);
    expect(Math.abs(Date.parse(text) - Date.now())).toBeLessThan(60_000);
    expect((await call(currentTime, { format: 'long' })).text).toMatch(/UTC$/);
    expect((await call(currentTime, { format: 'unix' })).text).toMatch(/^\d{10}$/);
  });

  it('knows which zones there are', async () => {
    expect(await call(currentTime, { timezone: 'Mars/Base' })).toMatchObject({ isError: true });
  });
});
