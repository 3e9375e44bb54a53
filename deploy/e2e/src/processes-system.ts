import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { ApiClient } from '@treadle/cli';
import { type NatsServer, startNatsServer } from '@treadle/testing';
import { Child } from './child.js';
import { eventually } from './eventually.js';
import { freePorts } from './free-ports.js';
import { apiKey, type System, untilReady } from './system.js';

export interface ProcessesSystem extends System {
  /** Where its data is. */
  readonly folder: string;
  readonly nats: NatsServer;
  /** Signals the process of the role that has lived longest, so that those of one role take turns. Gives its process id. */
  readonly signal: (role: string, signal: NodeJS.Signals) => number;
  /** The processes as they are now, in the order in which they were first started. */
  readonly processes: () => readonly Announced[];
  /** How often a process was started again. */
  readonly restarts: () => number;
  /** Deletes every stream of JetStream with what is in it. */
  readonly deleteStreams: () => Promise<void>;
}

/** What the launcher says of each process that it starts, as a line of JSON. */
export interface Announced {
  readonly process: string;
  readonly role: string;
  readonly pid: number;
  readonly readyUrl: string;
  readonly metricsUrl: string;
}

export interface ProcessesOptions {
  /** Default 2. */
  readonly orchestrators?: number;
  /** Default 2. */
  readonly executors?: number;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Every service as its own process, kept alive by the launcher. */
export async function startProcessesSystem(
  modelUrl: string,
  { orchestrators = 2, executors = 2, environment = {} }: ProcessesOptions = {},
): Promise<ProcessesSystem> {
  const [port] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const folder = await mkdtemp(join(tmpdir(), 'treadle-e2e-'));
  const nats = await startNatsServer();
  const counts = ['--orchestrators', String(orchestrators), '--executors', String(executors)];
  const launcher = new Child('services/standalone/dist/processes.js', counts, {
    ...environment,
    TREADLE_HTTP_PORT: String(port),
    TREADLE_DATA_DIR: folder,
    TREADLE_API_KEY: apiKey,
    NATS_URL: nats.url,
    OPENAI_BASE_URL: modelUrl,
    OPENAI_API_KEY: 'unused',
  });
  const killOrphans = () => killAll(launcher);
  process.once('exit', killOrphans);
  const stop = async () => {
    await launcher.end('SIGTERM');
    killOrphans();
    process.off('exit', killOrphans);
    await nats.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await launcher.says(/is ready at/);
    await untilReady(url, launcher);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    api: new ApiClient({ url, apiKey }),
    url,
    roles: ['gateway', 'orchestrator', 'node-executor', 'model-proxy', 'tool-registry'],
    folder,
    nats,
    signal: (role, signal) => signalOldest(launcher, role, signal).pid,
    killAndRestart: (role) => killAndAwait(launcher, role, url),
    processes: () => newest(launcher),
    restarts: () => announced(launcher).length - newest(launcher).length,
    log: () => launcher.log(),
    deleteStreams: () => deleteStreams(nats),
    stop,
  };
}

function signalOldest(launcher: Child, role: string, signal: NodeJS.Signals): Announced {
  const started = new Map(announced(launcher).map((one, index) => [one.process, { ...one, index }]));
  const [oldest] = [...started.values()].filter((one) => one.role === role).sort((a, b) => a.index - b.index);
  if (!oldest) throw new Error(`No process of the role ${role} was announced. ${launcher.log()}`);
  try {
    process.kill(oldest.pid, signal);
  } catch (error) {
    // It has just died, and its successor is not announced yet.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
  return oldest;
}

async function killAndAwait(launcher: Child, role: string, url: string): Promise<void> {
  const victim = signalOldest(launcher, role, 'SIGKILL');
  await eventually(`${victim.process} to be started again`, async () =>
    announced(launcher).findLast((one) => one.process === victim.process)?.pid === victim.pid ? undefined : true,
  );
  await untilReady(url, launcher);
}

function announced(launcher: Child): Announced[] {
  const lines = launcher.stdout.split('\n').filter((line) => line.startsWith('{"process"'));
  return lines.map((line) => JSON.parse(line) as Announced);
}

function newest(launcher: Child): Announced[] {
  return [...new Map(announced(launcher).map((one) => [one.process, one])).values()];
}

/** The launcher's children live in sessions of their own and would outlive it where it was killed. */
function killAll(launcher: Child): void {
  for (const { pid } of newest(launcher)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended, as it should have.
    }
  }
}

async function deleteStreams(nats: NatsServer): Promise<void> {
  const connection = await connect({ servers: nats.url });
  try {
    const manager = await jetstreamManager(connection);
    const names = await manager.streams.names().next();
    if (names.length === 0) throw new Error('There was no stream to delete.');
    for (const name of names) await manager.streams.delete(name);
  } finally {
    await connection.close();
  }
}
