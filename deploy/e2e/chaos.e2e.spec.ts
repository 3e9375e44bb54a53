import { natsAvailable } from '@treadle/testing';
import { expect, it, onTestFinished } from 'vitest';
import { chaosTest } from './src/chaos-test.js';
import { startModelProcess } from './src/model-process.js';
import { startProcessesSystem } from './src/processes-system.js';

it.skipIf(!natsAvailable())(
  'no run of any kind is lost while services, PostgreSQL and NATS die at random',
  async () => {
    const models = await startModelProcess({ latencyMs: 50 });
    onTestFinished(() => models.stop());
    const system = await startProcessesSystem(models.url);
    onTestFinished(() => system.stop());
    const report = await chaosTest(system, { runs: 81, perSecond: 8, pauseMs: 800, seed: 5, log: () => undefined });
    expect(report).toMatchObject({ accepted: 81, completed: 63, failed: 9, cancelled: 9, lost: 0, problems: [] });
    expect(Object.keys(report.faults).length).toBeGreaterThan(3);
  },
);
