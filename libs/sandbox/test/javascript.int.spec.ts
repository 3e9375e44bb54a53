import type { Json, JsonObject } from '@treadle/workflow';
import { afterAll, describe, expect, it } from 'vitest';
import { CodeSandbox } from '../src/index.js';

const sandbox = new CodeSandbox({
  timeoutSeconds: 1,
  memoryBytes: 16 * 1024 * 1024,
  javascriptThreads: 1,
  pythonProcesses: 1,
});
afterAll(() => sandbox.close());

const run = (code: string, inputs: JsonObject = {}, signal = new AbortController().signal) =>
  sandbox.run('tenant', { language: 'javascript', code, inputs }, signal);
const failureOf = (code: string) => run(code).then((answer) => answer, (error) => error.failure); // biome-ignore format: one line reads better

describe('JavaScript in the sandbox', () => {
  it.each<[string, JsonObject, Json]>([
    ['function main({ a, b }) { return { sum: a + b }; }', { a: 1, b: 2 }, { sum: 3 }],
    ['const main = ({ text }) => ({ text: text.toUpperCase() });', { text: 'ü' }, { text: 'Ü' }],
    [
      'async function main({ a }) { return { a: await Promise.resolve(a) }; }',
      { a: [1, { b: null }] },
      { a: [1, { b: null }] },
    ],
    [
      'function main() { return { gone: undefined, at: new Date(0), size: 1e21 }; }',
      {},
      { at: '1970-01-01T00:00:00.000Z', size: 1e21 },
    ],
    ['function main() {}', {}, null],
  ])('runs %s', async (code, inputs, result) => {
    expect(await run(code, inputs)).toEqual({ result, printed: '' });
  });

  it('gives what the code printed', async () => {
    const code = 'function main() { console.log("a", 1, { b: [2] }); console.error("c"); return {}; }';
    expect(await run(code)).toEqual({ result: {}, printed: 'a 1 {"b":[2]}\nc\n' });
  });

  it('cuts off what is printed without end', async () => {
    const code = 'function main() { for (let i = 0; i < 20000; i += 1) console.log("0123456789"); return {}; }';
    expect((await run(code)).printed).toHaveLength(64 * 1024);
  });

  it.each([
    ['an error', 'function main() {\n  const nothing = 1;\n  return nothing();\n}', /line 3 with TypeError/, 3],
    [
      'an error of its own kind',
      'function main() {\n  const odd = Error("no");\n  odd.name = "Odd";\n  throw odd;\n}',
      /Odd: no$/,
      2,
    ],
    ['a syntax error', 'function main() {\n  return {;\n}', /line 2 with SyntaxError/, 2],
    ['a text that was thrown', 'function main() { throw "no"; }', /with Error: no$/, null],
    ['no main', 'function other() {}', /no function named main/, null],
    ['a rejected promise', 'async function main() { throw new RangeError("far"); }', /RangeError: far$/, 1],
    ['a promise without end', 'function main() { return new Promise(() => {}); }', /nothing will settle/, null],
    ['deep recursion', 'function main() { return main(); }', /stack/i, 1],
  ])('tells of %s', async (_, code, message, line) => {
    expect(await failureOf(code)).toMatchObject({
      code: 'code_failed',
      retryable: false,
      message: expect.stringMatching(message),
      details: { line },
    });
  });

  it.each([
    ['code_timeout', 'function main() { while (true); }'],
    ['code_timeout', 'while (true);'],
    ['code_timeout', 'function main() { return { toJSON() { while (true); } }; }'],
    ['code_memory_exceeded', 'function main() { let text = "x"; while (true) text = [text, text].join(""); }'],
    ['code_memory_exceeded', 'function main() { return { text: "x".repeat(2 ** 28).split("") }; }'],
    ['code_output_invalid', 'function main() { return { list: Array(1024).fill("x".repeat(11 * 1024)) }; }'],
    [
      'code_output_invalid',
      'function main() { let deep = []; for (let i = 0; i < 200; i += 1) deep = [deep]; return { deep }; }',
    ],
  ])('ends with %s: %s', async (code, text) => {
    expect(await failureOf(text)).toMatchObject({ code });
    expect(await run('function main() { return { fine: true }; }')).toMatchObject({ result: { fine: true } });
  });

  it('keeps nothing of an earlier call', async () => {
    await run('globalThis.left = 1; Object.prototype.left = 2; JSON.parse = null; function main() { return {}; }');
    expect(await run('function main() { return { left: typeof left, own: ({}).left ?? null }; }')).toMatchObject({
      result: { left: 'undefined', own: null },
    });
  });

  it('stops when its signal fires, and goes on to answer', async () => {
    const stop = new AbortController();
    const call = run('function main() { while (true); }', {}, stop.signal);
    stop.abort(new Error('cancelled'));
    await expect(call).rejects.toThrow('cancelled');
    expect(await run('function main() { return {}; }')).toMatchObject({ result: {} });
  });
});
