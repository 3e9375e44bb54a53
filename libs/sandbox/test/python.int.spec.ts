import type { Json, JsonObject } from '@treadle/workflow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CodeSandbox } from '../src/index.js';

const sandbox = new CodeSandbox({
  timeoutSeconds: 3,
  memoryBytes: 32 * 1024 * 1024,
  javascriptThreads: 1,
  pythonProcesses: 1,
});
beforeAll(() => sandbox.warm('python3'));
afterAll(() => sandbox.close());

const run = (code: string, inputs: JsonObject = {}, owner = 'tenant', signal = new AbortController().signal) =>
  sandbox.run(owner, { language: 'python3', code, inputs }, signal);
const failureOf = (code: string) => run(code).then((answer) => answer, (error) => error.failure); // biome-ignore format: one line reads better
const fine = { result: { fine: true }, printed: '' };
const isFine = () => run('def main(): return {"fine": True}');

describe('Python in the sandbox', () => {
  it.each<[string, JsonObject, Json]>([
    ['def main(a, b) -> dict:\n    return {"sum": a + b}', { a: 1, b: 2 }, { sum: 3 }],
    ['main = lambda text: {"text": text.upper()}', { text: 'ü😀' }, { text: 'Ü😀' }],
    [
      'def main(a): return {"a": a, "none": None, "pair": (1, 2.5)}',
      { a: [{ b: true }] },
      { a: [{ b: true }], none: null, pair: [1, 2.5] },
    ],
    [
      'import re, datetime\ndef main(): return {"n": re.sub("a", "b", "cat"), "y": datetime.date(2020, 2, 29).isoformat()}',
      {},
      { n: 'cbt', y: '2020-02-29' },
    ],
    [
      'from dataclasses import dataclass, asdict\n@dataclass\nclass P:\n    x: int\ndef main(): return asdict(P(1))',
      {},
      { x: 1 },
    ],
    ['import xml.etree.ElementTree as tree\ndef main(): return {"tag": tree.fromstring("<a/>").tag}', {}, { tag: 'a' }],
    ['def main(): pass', {}, null],
  ])('runs %s', async (code, inputs, result) => {
    expect(await run(code, inputs)).toEqual({ result, printed: '' });
  });

  it('gives what the code printed, up to a limit', async () => {
    const code = 'import sys\ndef main():\n    print("a", 1)\n    print("b", file=sys.stderr)\n    return {}';
    expect((await run(code)).printed).toBe('a 1\nb\n');
    expect(
      (await run('def main():\n    for _ in range(20000): print("0123456789")\n    return {}')).printed,
    ).toHaveLength(64 * 1024);
  });

  it.each([
    [
      'an error',
      'def main():\n    nothing = None\n    return nothing.field',
      /line 3 with AttributeError: 'NoneType'/,
      3,
    ],
    ['an error deeper in', 'import json\ndef main():\n    return json.loads("{")', /line 3 with JSONDecodeError/, 3],
    ['a syntax error', 'def main():\n    return {\n', /with SyntaxError/, 2],
    ['a module that is not there', 'import json_repair\ndef main(): pass', /ModuleNotFoundError.*json_repair/, 1],
    ['no main', 'def other(): pass', /no function named main/, null],
    ['arguments that do not fit', 'def main(missing): pass', /TypeError.*missing/, null],
    ['what is no JSON', 'def main(): return {"set": {1}}', /TypeError.*not JSON serializable/, null],
    ['a number that is none', 'def main(): return {"x": float("nan")}', /ValueError/, null],
    ['a value that holds itself', 'def main():\n    a = {}\n    a["a"] = a\n    return a', /Circular/, null],
    ['an exit', 'import sys\ndef main(): sys.exit(3)', /SystemExit/, 2],
    ['deep recursion', 'def main(): return main()', /RecursionError/, 1],
    [
      'an error without words',
      'class E(Exception):\n    def __str__(self): raise self\ndef main(): raise E()',
      /cannot be put into words/,
      3,
    ],
  ])('tells of %s', async (_, code, message, line) => {
    expect(await failureOf(code)).toMatchObject({
      code: 'code_failed',
      retryable: false,
      message: expect.stringMatching(message),
      details: { line },
    });
  });

  it.each([
    ['code_timeout', 'def main():\n    while True: pass'],
    ['code_memory_exceeded', 'def main():\n    return {"all": [bytearray(10 ** 6) for _ in range(10 ** 6)]}'],
    ['code_output_invalid', 'def main(): return {"text": "x" * (11 * 1024 * 1024)}'],
  ])('ends with %s: %s', async (code, text) => {
    expect(await failureOf(text)).toMatchObject({ code });
    expect(await isFine()).toEqual(fine);
  });

  it('keeps nothing of an earlier call, whatever it touched', async () => {
    const changes = [
      'import builtins, json, sys, os',
      'builtins.left = 1',
      'json.dumps = None',
      'sys.path.append("left")',
      'os.environ["LEFT"] = "left"',
      'os.makedirs("/tmp/left/deep")',
      'os.chdir("/tmp/left")',
      'open("/tmp/left/deep/file", "w").write("left")',
      'kept = open("/tmp/open", "w")',
      'def main(): return {}',
    ];
    await run(changes.join('\n'));
    const look = [
      'import builtins, json, sys, os',
      'def main(): return {"built": hasattr(builtins, "left"), "path": "left" in sys.path, "env": "LEFT" in os.environ,',
      '    "cwd": os.getcwd(), "tmp": os.listdir("/tmp"), "modules": "kept" in globals()}',
    ];
    expect((await run(look.join('\n'))).result).toEqual({
      built: false,
      path: false,
      env: false,
      cwd: '/home/pyodide',
      tmp: [],
      modules: false,
    });
  });

  it('gives other random numbers to every call', async () => {
    const roll = () => run('import random\ndef main(): return {"n": random.random()}');
    expect((await roll()).result).not.toEqual((await roll()).result);
  });

  it('gives a process to one owner at a time', async () => {
    expect(await run('def main(): return {"fine": True}', {}, 'one')).toEqual(fine);
    expect(await run('def main(): return {"fine": True}', {}, 'other')).toEqual(fine);
  });

  it('stops when its signal fires, and goes on to answer', async () => {
    const stop = new AbortController();
    const call = run('def main():\n    while True: pass', {}, 'tenant', stop.signal);
    stop.abort(new Error('cancelled'));
    await expect(call).rejects.toThrow('cancelled');
    expect(await isFine()).toEqual(fine);
  });
});
