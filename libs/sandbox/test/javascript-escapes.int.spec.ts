import { afterAll, describe, expect, it } from 'vitest';
import { CodeSandbox } from '../src/index.js';
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

const run = (code: string, owner: string) =>
  sandbox.run(owner, { language: 'javascript', code, inputs: {} }, new AbortController().signal);

/** Everything the caller gets to see. */
const seen = (body: string) =>
  run(`const PATH = ${JSON.stringify(secret.path)};\nfunction main() { ${body} }`, 'attacker').then(
    (answer) => JSON.stringify(answer),
    (error) => JSON.stringify(error.failure),
  );

const probe = 'function main() { return { left: typeof polluted, own: ({}).polluted ?? [].polluted ?? null }; }';

async function expectBlocked(body: string): Promise<void> {
  const text = await seen(body);
  expect(text).not.toContain(secret.text);
  expect(text).not.toMatch(/node_modules|quickjs\.worker|worker_threads/);
  expect(text.length).toBeLessThan(200_000);
  expect(await run(probe, 'neighbour')).toEqual({ result: { left: 'undefined', own: null }, printed: '' });
}

describe('JavaScript that tries to get out leaks nothing and leaves nothing', () => {
  it.each(quickAttempts)('%s', async (_, body) => {
    await expectBlocked(body);
  });

  it.each(endlessAttempts)('%s', async (_, body) => {
    await expectBlocked(body);
  });
});
