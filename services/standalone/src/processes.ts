import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { FailureError } from '@treadle/failure';
import { findNatsServer, natsInstallHint, startNatsServer } from '@treadle/nats-server';
import { createLogger } from '@treadle/telemetry';
import { openDatabase } from './database.js';
import { filesUrlOr } from './files-url.js';
import { freePorts } from './free-ports.js';
import { withKeyFile } from './key-file.js';
import { planProcesses } from './process-plan.js';
import { readyText } from './ready-text.js';
import { readSettings, withLocalModels } from './settings.js';
import { Supervisor } from './supervisor.js';

const help = `Starts every service as a process of its own and restarts what dies.

  npm run start:processes -- [--orchestrators 2] [--executors 2]

DATABASE_URL  the PostgreSQL to use; an embedded one is started when it is not set
NATS_URL      the nats-server to use; the one on PATH is started when it is not set
FILES_URL     where files are kept; a folder below the data folder when it is not set
`;

/** An address of NATS: the given one, or a server that we start with its store below the data folder. */
async function openNats(given: string | undefined, dataDir: string): Promise<{ url: string; stop(): Promise<void> }> {
  if (given) return { url: given, stop: () => Promise.resolve() };
  if (findNatsServer() === undefined) throw FailureError.of('unavailable', natsInstallHint);
  return startNatsServer({ storeDir: join(dataDir, 'nats') });
}

async function start(): Promise<void> {
  const { values } = parseArgs({
    options: {
      orchestrators: { type: 'string', default: '2' },
      executors: { type: 'string', default: '2' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return void process.stdout.write(help);
  const { standalone, gateway } = readSettings(process.env);
  const nats = await openNats(process.env.NATS_URL, standalone.dataDir);
  const database = await openDatabase(standalone.databaseUrl?.reveal(), standalone.dataDir);
  const plan = planProcesses({
    orchestrators: count(values.orchestrators, '--orchestrators'),
    executors: count(values.executors, '--executors'),
    environment: {
      ...withLocalModels(withKeyFile(process.env, standalone.dataDir)),
      DATABASE_URL: database.connectionString,
      NATS_URL: nats.url,
      FILES_URL: filesUrlOr(standalone.filesUrl?.reveal(), standalone.dataDir),
    },
    ports: await freePorts(64),
  });
  const supervisor = new Supervisor(plan, createLogger({ service: 'processes', pretty: process.stderr.isTTY }));
  const stop = async () => {
    await supervisor.stop();
    await database.stop();
    await nats.stop();
    process.exit(0);
  };
  process.on('SIGINT', () => void stop());
  process.on('SIGTERM', () => void stop());
  await supervisor.start();
  process.stdout.write(readyText(`http://${gateway.host}:${gateway.httpPort}`, supervisor.firstKey));
}

function count(text: string, option: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 16) return value;
  throw FailureError.of('invalid_argument', `${option} takes a number from 1 to 16, not "${text}".`);
}

start().catch((error: unknown) => {
  const trouble = error instanceof FailureError ? error.message : error;
  process.stderr.write(`${trouble instanceof Error ? (trouble.stack ?? trouble.message) : String(trouble)}\n`);
  process.exit(1);
});
