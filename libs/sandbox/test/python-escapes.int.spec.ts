import { afterAll, describe, expect, it } from 'vitest';
import { type Blocked, CodeSandbox, type OnBlocked } from '../src/index.js';
import { expectTold, type Logged } from './escapes/attempt.js';
import { plantSecret } from './escapes/planted-secret.js';
import { endlessAttempts, quickAttempts } from './escapes/python-attempts.js';

const secret = plantSecret();
const sandbox = new CodeSandbox({
  timeoutSeconds: 4,
  memoryBytes: 16 * 1024 * 1024,
  javascriptThreads: 1,
  pythonProcesses: 2,
});
afterAll(async () => {
  await sandbox.close();
  secret.remove();
});

const run = (code: string, owner: string, onBlocked?: OnBlocked) =>
  sandbox.run(owner, { language: 'python3', code, inputs: {} }, new AbortController().signal, onBlocked);

/** Everything the caller gets to see. */
const seen = (body: string, onBlocked: OnBlocked) => {
  const indented = body.replaceAll('\n', '\n    ');
  return run(`PATH = ${JSON.stringify(secret.path)}\ndef main():\n    ${indented}`, 'tenant', onBlocked).then(
    (answer) => JSON.stringify(answer),
    (error) => JSON.stringify(error.failure),
  );
};

const probe = `
import builtins, json, os, sys
def main():
    traces = ['polluted' in sys.modules, hasattr(builtins, 'polluted'), hasattr(sys, 'polluted'), 'polluted' in os.environ,
        os.path.exists('/tmp/polluted'), os.path.exists('/home/pyodide/polluted.py'), open is None, json.dumps is None, str is None]
    try:
        import polluted
        traces.append(True)
    except ImportError:
        pass
    return {'traces': [bool(trace) for trace in traces].count(True)}
`;

async function expectBlocked(logged: Logged, body: string): Promise<void> {
  const told: Blocked[] = [];
  const text = await seen(body, (one) => told.push(one));
  expectTold(told, logged);
  expect(text).not.toContain(secret.text);
  expect(text).not.toMatch(/node_modules|pyodide\.process/);
  expect(text.length).toBeLessThan(200_000);
  expect(await run(probe, 'tenant')).toEqual({ result: { traces: 0 }, printed: '' });
}

describe('Python that tries to get out leaks nothing, leaves nothing and is logged where it matters', () => {
  it.each(quickAttempts)('%s (%s)', async (_, logged, body) => {
    await expectBlocked(logged, body);
  });

  it.each(endlessAttempts)('%s (%s)', async (_, logged, body) => {
    await expectBlocked(logged, body);
  });
});
