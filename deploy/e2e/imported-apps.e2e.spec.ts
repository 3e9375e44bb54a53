import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ModelProcess, startModelProcess } from './src/model-process.js';
import { startStandaloneSystem } from './src/standalone-system.js';
import type { System } from './src/system.js';
import { tryApp } from './src/try-app.js';

const fixture = (name: string) =>
  readFile(fileURLToPath(new URL(`../../libs/dify/src/__fixtures__/${name}.yml`, import.meta.url)), 'utf8');

describe('an app exported from Dify', () => {
  let models: ModelProcess;
  let system: System;

  beforeAll(async () => {
    models = await startModelProcess();
    system = await startStandaloneSystem(models.url, { TREADLE_DEFAULT_MODEL: 'openai/small' });
  });

  afterAll(async () => {
    await system.stop();
    await models.stop();
  });

  it.each([
    'agent-chat',
    'start-end',
    'llm-answer',
    'if-else-template-aggregator',
    'chat',
    'completion',
    'old-spellings',
  ])('imports and runs to its end: %s', async (name) => {
    const { outcome, reason, run } = await tryApp(system.api, await fixture(name));
    expect(reason).toBe('');
    expect(outcome).toBe('completed');
    expect(Object.values(run?.outputs ?? {}).join('')).not.toBe('');
  });

  it('runs its code in both languages', async () => {
    const { outcome, run } = await tryApp(system.api, await fixture('code'));
    expect(outcome).toBe('completed');
    expect(run?.outputs?.['counts']).toEqual([expect.any(Number)]);
  });

  it('takes the branch of a failure when its address is a private one', async () => {
    const { outcome, run } = await tryApp(system.api, await fixture('http-request'));
    expect(outcome).toBe('completed');
    expect(run?.outputs?.['error']).toContain('which workflows may not reach');
  });

  it('says which model served a name that no provider knows', async () => {
    const { warnings, run } = await tryApp(system.api, await fixture('llm-answer'));
    expect(warnings.join()).toContain('"small" of "openai" serves it');
    const full = await system.api.send<{ node_runs: { warnings: string[] }[] }>(`/api/v1/runs/${run?.id}`);
    expect(full.node_runs.flatMap((node) => node.warnings).join()).toContain('"small" of "openai" serves it');
  });

  it('is kept but refuses to run when it holds node types that do not exist here, naming them', async () => {
    const { outcome, warnings, reason } = await tryApp(system.api, await fixture('other-types'));
    expect(outcome).toBe('workflow_not_runnable');
    expect(warnings.length).toBeGreaterThan(0);
    expect(reason).toMatch(/cannot run because of node/);
  });
});
