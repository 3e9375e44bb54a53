import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startQdrantServer } from '@treadle/testing';
import { type ModelProcess, startModelProcess } from './model-process.js';
import type { Dependency } from './outage-test.js';
import { type ProcessesSystem, startProcessesSystem } from './processes-system.js';
import { startStoppablePostgres } from './stoppable-postgres.js';

/** Every service as a process of its own, on dependencies that can be stopped. */
export interface OutageSystem {
  readonly system: ProcessesSystem;
  readonly models: ModelProcess;
  readonly dependencies: readonly Dependency[];
  stop(): Promise<void>;
}

export async function startOutageSystem(): Promise<OutageSystem> {
  const folder = await mkdtemp(join(tmpdir(), 'treadle-outage-'));
  const [models, postgres, qdrant] = await Promise.all([
    startModelProcess(),
    startStoppablePostgres(folder),
    startQdrantServer(),
  ]);
  const stopDependencies = async () => {
    await Promise.all([models.stop(), postgres.stop(), qdrant.close()]);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const system = await startProcessesSystem(models.url, {
      environment: { DATABASE_URL: postgres.url, TREADLE_VECTOR_STORE: 'qdrant', QDRANT_URL: qdrant.url },
    });
    const dependencies = [
      { name: 'postgres', stop: () => postgres.stop(), start: () => postgres.start() },
      { name: 'nats', stop: () => system.nats.kill(), start: () => system.nats.restart() },
      { name: 'qdrant', stop: () => qdrant.stop(), start: () => qdrant.start() },
    ];
    const stop = async () => {
      await system.stop();
      await stopDependencies();
    };
    return { system, models, dependencies, stop };
  } catch (error) {
    await stopDependencies();
    throw error;
  }
}
