import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Json, JsonObject } from '@treadle/workflow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Blocked, CodeSandbox } from '../src/index.js';

const interpreter = '/usr/bin/python3';
const caps = { timeoutSeconds: 2, memoryBytes: 64 * 1024 * 1024, javascriptThreads: 1, pythonProcesses: 1 };
const sandbox = new CodeSandbox({ ...caps, cpython: interpreter });
afterAll(() => sandbox.close());

const run = (code: string, inputs: JsonObject = {}, onBlocked?: (blocked: Blocked) => void) =>
  sandbox.run('tenant', { language: 'python3', code, inputs }, new AbortController().signal, onBlocked);
const failureOf = (code: string) => run(code).then((answer) => answer, (error) => error.failure); // biome-ignore format: one line reads better
const resultOf = async (code: string) => (await run(code)).result as JsonObject;
const fine = { result: { fine: true }, printed: '' };
const isFine = () => run('def main(): return {"fine": True}');

describe.skipIf(!existsSync(interpreter))(`Python in CPython (skipped without ${interpreter})`, () => {
  beforeAll(() => sandbox.warm('python3'));

  it.each<[string, JsonObject, Json]>([
    ['def main(a, b) -> dict:\n    return {"sum": a + b}', { a: 1, b: 2 }, { sum: 3 }],
    ['main = lambda text: {"text": text.upper()}', { text: 'ü😀' }, { text: 'Ü😀' }],
    ['def main(a): return {"a": a, "pair": (1, 2.5)}', { a: [{ b: null }] }, { a: [{ b: null }], pair: [1, 2.5] }],
    ['def main(): pass', {}, null],
  ])('runs %s', async (code, inputs, result) => {
    expect(await run(code, inputs)).toEqual({ result, printed: '' });
  });

  it('has the packages that are installed', async () => {
    const code =
      'import pip, os\ndef main(): return {"where": os.path.basename(os.path.dirname(os.path.dirname(pip.__file__)))}';
    expect((await resultOf(code)).where).toMatch(/^(site|dist)-packages$/);
  });

  it('has threads and native libraries, which packages need', async () => {
    const code = [
      'import ctypes',
      'from concurrent.futures import ThreadPoolExecutor',
      'def main():',
      '    with ThreadPoolExecutor(4) as pool: return {"all": list(pool.map(abs, [-1, 2])), "n": ctypes.CDLL(None).abs(-3)}',
    ];
    expect(await resultOf(code.join('\n'))).toEqual({ all: [1, 2], n: 3 });
  });

  it('gives what the code printed, up to a limit', async () => {
    const code = 'import sys\ndef main():\n    print("a", 1)\n    print("b", file=sys.stderr)\n    return {}';
    expect((await run(code)).printed).toBe('a 1\nb\n');
    const much = await run('def main():\n    for _ in range(20000): print("0123456789")\n    return {}');
    expect(much.printed).toHaveLength(64 * 1024);
  });

  it.each([
    ['an error', 'def main():\n    nothing = None\n    return nothing.field', /line 3 with AttributeError/, 3],
    ['a syntax error', 'def main():\n    return {\n', /with SyntaxError/, 2],
    [
      'a package that is not there',
      'import not_there\ndef main(): pass',
      /not_there.*Install the package in the image/,
      1,
    ],
    ['no main', 'def other(): pass', /no function named main/, null],
    ['arguments that do not fit', 'def main(missing): pass', /TypeError.*missing/, null],
    ['what is no JSON', 'def main(): return {"set": {1}}', /TypeError.*not JSON serializable/, null],
    ['an exit', 'import sys\ndef main(): sys.exit(3)', /SystemExit/, 2],
    ['deep recursion', 'def main(): return main()', /RecursionError/, 1],
  ])('tells of %s', async (_, code, message, line) => {
    const failure = { code: 'code_failed', message: expect.stringMatching(message), details: { line } };
    expect(await failureOf(code)).toMatchObject(failure);
  });

  it.each([
    ['code_failed', 'import os\ndef main(): os._exit(0)'],
    ['code_failed', 'import ctypes\ndef main(): ctypes.string_at(0)'],
    ['code_timeout', 'def main():\n    while True: pass'],
    ['code_timeout', 'import time\ndef main(): time.sleep(1000)'],
    ['code_memory_exceeded', 'def main(): return {"n": len(bytearray(4 * 2 ** 30))}'],
    ['code_memory_exceeded', 'def main(): return {"all": [bytearray(10 ** 6) for _ in range(10 ** 6)]}'],
    ['code_output_invalid', 'def main(): return {"text": "x" * (11 * 1024 * 1024)}'],
    ['code_output_invalid', 'def main():\n    a = []\n    for _ in range(200): a = [a]\n    return {"a": a}'],
  ])('ends with %s: %s', async (code, text) => {
    expect(await failureOf(text)).toMatchObject({ code });
    expect(await isFine()).toEqual(fine);
  });

  it('has an empty environment', async () => {
    process.env.PLANTED = 'secret';
    expect(await resultOf('import os\ndef main(): return {"all": dict(os.environ)}')).toEqual({ all: {} });
  });

  it('gives each call a folder of its own and removes it, whatever is in it', async () => {
    const code = [
      'import os, tempfile',
      'def main():',
      '    os.makedirs("deep/closed"); open("deep/closed/file", "w").write("x")',
      '    os.chmod("deep/closed", 0)',
      '    return {"folder": os.getcwd(), "temporary": tempfile.mkdtemp(), "found": sorted(os.listdir("."))}',
    ];
    const first = await resultOf(code.join('\n'));
    expect(first.temporary).toContain(first.folder);
    expect(await resultOf('import os\ndef main(): return {"found": os.listdir(".")}')).toEqual({ found: [] });
    expect(existsSync(first.temporary as string)).toBe(false);
  });

  it('removes the folder of a process that was stopped', async () => {
    const one = new CodeSandbox({ ...caps, cpython: interpreter });
    const question = { language: 'python3' as const, code: 'import os\ndef main(): return os.getcwd()', inputs: {} };
    const { result } = await one.run('tenant', question, new AbortController().signal);
    await one.close();
    await expect.poll(() => existsSync(dirname(result as string))).toBe(false);
  });

  it('keeps nothing of an earlier call', async () => {
    await run(
      'import builtins, json, os\nbuiltins.left = 1\njson.dumps = None\nos.getpid = None\ndef main(): return {}',
    );
    const look =
      'import builtins, json\ndef main(): return {"left": hasattr(builtins, "left"), "json": json.dumps([])}';
    expect(await resultOf(look)).toEqual({ left: false, json: '[]' });
  });

  it('ends the processes that a call left behind, also those that hide', async () => {
    const code = [
      'import ctypes, os, time',
      'def main():',
      '    read, write = os.pipe()',
      '    if ctypes.CDLL(None).fork() == 0:',
      '        os.setsid()',
      '        os.write(write, str(os.getpid()).encode())',
      '        time.sleep(1000)',
      '    return {"pid": int(os.read(read, 20))}',
    ];
    const { pid } = await resultOf(code.join('\n'));
    expect(await isFine()).toEqual(fine);
    expect(existsSync(`/proc/${pid as number}`)).toBe(false);
  });

  it.each([
    ['os.system', 'import os; os.system("id")'],
    ['subprocess.Popen', 'import subprocess; subprocess.run(["id"])'],
    ['socket.connect', 'import socket; socket.socket().connect(("127.0.0.1", 9))'],
    ['socket.getaddrinfo', 'import socket; socket.create_connection(("localhost", 9))'],
    ['os.kill', 'import os; os.kill(os.getppid(), 9)'],
    ['open /proc/1/environ', 'open("/proc/1/environ")'],
  ])('refuses and tells %s', async (what, line) => {
    const told: Blocked[] = [];
    await run(`def main():\n    ${line}`, {}, (one) => told.push(one)).catch(() => undefined);
    expect(told).toEqual([{ kind: 'refused', what: [what] }]);
  });

  it('has limits that cannot be lifted', async () => {
    const code = [
      'import resource',
      'def main():',
      '    for kind in (resource.RLIMIT_DATA, resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_CORE):',
      '        try: resource.setrlimit(kind, (-1, -1))',
      '        except (ValueError, OSError): continue',
      '        return {"lifted": True}',
      '    return {"lifted": False}',
    ];
    expect(await resultOf(code.join('\n'))).toEqual({ lifted: false });
  });
});

describe('an interpreter that is to be used', () => {
  const check = (cpython: string) => new CodeSandbox({ ...caps, cpython }).check();

  it('is refused with a sentence where it is absent', async () => {
    await expect(check('/nowhere/python3')).rejects.toThrow(/no CPython that starts at \/nowhere\/python3.*install it/);
  });

  it('is refused with a sentence where it is too old', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'treadle-old-'));
    const old = join(folder, 'python3');
    await writeFile(old, '#!/bin/sh\necho 3.8\n');
    await chmod(old, 0o755);
    await expect(check(old)).rejects.toThrow(/is 3\.8\. .*3\.9 or later/);
    await rm(folder, { recursive: true });
  });

  it('is taken where it is there', async () => {
    if (existsSync(interpreter)) await check(interpreter);
  });
});
