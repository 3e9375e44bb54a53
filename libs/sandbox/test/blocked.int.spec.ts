import type { CodeQuestion } from '@treadle/nodes';
import { afterAll, describe, expect, it } from 'vitest';
import { type Blocked, CodeSandbox } from '../src/index.js';

const sandbox = new CodeSandbox({
  timeoutSeconds: 2,
  memoryBytes: 64 * 1024 * 1024,
  javascriptThreads: 1,
  pythonProcesses: 1,
});
afterAll(() => sandbox.close());

/** What is told of a call, whatever became of it. */
async function toldOf(language: CodeQuestion['language'], code: string): Promise<Blocked[]> {
  const told: Blocked[] = [];
  const call = sandbox.run('tenant', { language, code, inputs: {} }, new AbortController().signal, (one) =>
    told.push(one),
  );
  await call.catch(() => undefined);
  return told;
}

const caught = (line: string) =>
  `def main():\n    try:\n        ${line}\n    except BaseException:\n        pass\n    return {}`;

describe('what code is kept from is told, also where it hides it', () => {
  it.each<[CodeQuestion['language'], string, Blocked[]]>([
    ['javascript', 'function main() { return {}; }', []],
    [
      'javascript',
      'function main() { try { process.exit(); } catch {} return {}; }',
      [{ kind: 'refused', what: ['process'] }],
    ],
    [
      'javascript',
      'function main() { try { require("fs"); } catch {} return { x: typeof process, y: globalThis.fetch }; }',
      [{ kind: 'refused', what: ['require', 'process', 'fetch'] }],
    ],
    [
      'javascript',
      'var process = 1; const os = 2; function require() { return 3; } function main() { return { x: process + os + require() }; }',
      [],
    ],
    ['javascript', 'function main() { for (;;); }', [{ kind: 'time', what: [] }]],
    [
      'javascript',
      'function main() { let text = "x"; while (true) text = [text, text].join(""); }',
      [{ kind: 'memory', what: [] }],
    ],
    ['javascript', 'function main() { return { x: "x".repeat(11 * 1024 * 1024) }; }', [{ kind: 'output', what: [] }]],
    ['python3', 'def main(): return {}', []],
    ['python3', caught('import socket; socket.socket()'), [{ kind: 'refused', what: ['socket.__new__'] }]],
    ['python3', caught('import os; os.system("id")'), [{ kind: 'refused', what: ['os.system'] }]],
    ['python3', caught('import js'), [{ kind: 'refused', what: ['import js'] }]],
    ['python3', caught('import pyodide.code'), [{ kind: 'refused', what: ['import pyodide.code'] }]],
    ['python3', caught('import gc; gc.get_objects()'), [{ kind: 'refused', what: ['gc.get_objects'] }]],
    ['python3', 'def main():\n    while True: pass', [{ kind: 'time', what: [] }]],
    ['python3', 'def main(): return {"x": "x" * (11 * 1024 * 1024)}', [{ kind: 'output', what: [] }]],
  ])('%s: %s', async (language, code, told) => {
    expect(await toldOf(language, code)).toEqual(told);
  });

  it('gives what is refused in one call to that call alone', async () => {
    await toldOf('python3', caught('import os; os.system("id")'));
    expect(await toldOf('python3', 'def main(): return {}')).toEqual([]);
  });
});
