import { afterAll, describe, expect, it } from 'vitest';
import { type Blocked, CodeSandbox, type OnBlocked } from '../src/index.js';
import { expectTold, type Logged } from './escapes/attempt.js';
import { endlessAttempts, quickAttempts } from './escapes/javascript-attempts.js';
import { plantSecret } from './escapes/planted-secret.js';

const secret = plantSecret();
const sandbox = new CodeSandbox({
  timeoutSeconds: 1,
  memoryBytes: 16 * 1024 * 1024,
  javascriptThreads: 2,
  pythonProcesses: 1,
});
afterAll(async () => {
  await sandbox.close();
  secret.remove();
});

const run = (code: string, owner: string, onBlocked?: OnBlocked) =>
  sandbox.run(owner, { language: 'javascript', code, inputs: {} }, new AbortController().signal, onBlocked);

/** Everything the caller gets to see. */
const seen = (body: string, onBlocked: OnBlocked) =>
  run(`const PATH = ${JSON.stringify(secret.path)};\nfunction main() { ${body} }`, 'attacker', onBlocked).then(
    (answer) => JSON.stringify(answer),
    (error) => JSON.stringify(error.failure),
  );

const probe = 'function main() { return { left: typeof polluted, own: ({}).polluted ?? [].polluted ?? null }; }';

async function expectBlocked(logged: Logged, body: string): Promise<void> {
  const told: Blocked[] = [];
  const text = await seen(body, (one) => told.push(one));
  expectTold(told, logged);
  expect(text).not.toContain(secret.text);
  expect(text).not.toMatch(/node_modules|quickjs\.worker|worker_threads/);
  expect(text.length).toBeLessThan(200_000);
  expect(await run(probe, 'neighbour')).toEqual({ result: { left: 'undefined', own: null }, printed: '' });
}

describe('JavaScript that tries to get out leaks nothing, leaves nothing and is logged where it matters', () => {
  it.each(quickAttempts)('%s (%s)', async (_, logged, body) => {
    await expectBlocked(logged, body);
  });

  it.each(endlessAttempts)('%s (%s)', async (_, logged, body) => {
    await expectBlocked(logged, body);
  });
});
