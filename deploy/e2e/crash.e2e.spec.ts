import { natsAvailable } from '@treadle/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type CrashOptions, crashTest } from './src/crash-test.js';
import { startModelProcess } from './src/model-process.js';
import { startProcessesSystem } from './src/processes-system.js';
import { startStandaloneSystem } from './src/standalone-system.js';
import type { System } from './src/system.js';

/** A small edition of `npm run e2e:crash`. */
async function crash<S extends System>(
  start: (modelUrl: string) => Promise<S>,
  options: Partial<CrashOptions> & { readonly kills: number },
  halfWay?: (system: S) => Promise<void>,
) {
  const models = await startModelProcess({ latencyMs: 50 });
  onTestFinished(() => models.stop());
  const system = await start(models.url);
  onTestFinished(() => system.stop());
  const log: string[] = [];
  const report = await crashTest(system, models, {
    runs: 20,
    perSecond: 10,
    log: (line) => log.push(line),
    halfWay: halfWay && (() => halfWay(system)),
    ...options,
  });
  return { ...report, log };
}

const everythingHolds = { accepted: 20, completed: 20, failed: 0, lost: 0, duplicates: 0, problems: [] };

describe('runs survive', () => {
  it('a standalone that is killed twice', async () => {
    expect(await crash(startStandaloneSystem, { kills: 2 })).toMatchObject(everythingHolds);
  });

  it.skipIf(!natsAvailable())('processes of which one of each kind is killed', async () => {
    expect(await crash(startProcessesSystem, { kills: 4 })).toMatchObject(everythingHolds);
  });

  it.skipIf(!natsAvailable())('the loss of every JetStream stream', async () => {
    const deleteStreams = (system: { deleteStreams(): Promise<void> }) => system.deleteStreams();
    expect(await crash(startProcessesSystem, { kills: 0 }, deleteStreams)).toMatchObject(everythingHolds);
  });
});
