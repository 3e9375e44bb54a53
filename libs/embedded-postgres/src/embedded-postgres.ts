import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { FailureError } from '@treadle/failure';
import { locateBinaries } from './binaries.js';
import { clusterFolder, ensureCluster, ownerRole } from './cluster.js';
import { chooseIdentity, type Identity } from './identity.js';
import { claim, settleLeftover } from './leftover.js';
import { type Settings, serverArguments } from './settings.js';
import { makeSocketFolder } from './socket-folder.js';
import { type Supervised, supervise } from './supervisor.js';
import { waitUntil } from './wait-until.js';

export interface EmbeddedPostgresOptions {
  /** The folder that keeps the data between starts, made if absent. One running server per folder. */
  readonly dataDir: string;
  /** Server settings over the defaults, by their PostgreSQL names. */
  readonly settings?: Settings;
}

export interface EmbeddedPostgres {
  /** For clients on this machine: a unix socket that only this user (and root) can open. Valid until `stop`. */
  readonly connectionString: string;
  /** The server's process. */
  readonly serverPid: number;
  /** Fast shutdown: open transactions are rolled back. Done within about 3 s; a second call waits for the first. */
  stop(): Promise<void>;
}

/** After a crash the server first replays its log, which the settings keep below half a gigabyte. */
const startLimitMs = 60_000;

/**
 * Starts PostgreSQL on the folder, creating its data on the first start. The server ends when this process ends,
 * in whatever way.
 * @throws FailureError `unavailable` when it cannot run here, `already_exists` when a living process uses the folder.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const dataDir = resolve(options.dataDir);
  const binaries = await locateBinaries();
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const socketFolder = makeSocketFolder();
  try {
    const identity = await chooseIdentity(binaries, [dataDir, socketFolder]);
    await settleLeftover(dataDir);
    await ensureCluster(dataDir, binaries, identity);
    const command = [
      binaries.postgres,
      ...serverArguments(clusterFolder(dataDir), socketFolder, options.settings ?? {}),
    ];
    const server = await launch(command, dataDir, socketFolder, identity);
    return {
      connectionString: `postgresql://${ownerRole}@/postgres?host=${encodeURIComponent(socketFolder)}`,
      serverPid: server.serverPid,
      stop: () => stop(server),
    };
  } catch (error) {
    await rm(socketFolder, { recursive: true, force: true });
    throw error;
  }
}

async function launch(
  command: readonly string[],
  dataDir: string,
  socketFolder: string,
  identity: Identity,
): Promise<Supervised> {
  const logFile = join(dataDir, 'server.log');
  const log = await open(logFile, 'w');
  try {
    const server = await supervise(command, socketFolder, identity, log);
    await claim(dataDir);
    await untilReady(server, dataDir, logFile);
    return server;
  } finally {
    await log.close();
  }
}

/** The server writes `ready` as the last line of its pid file once it takes connections. */
async function untilReady(server: Supervised, dataDir: string, logFile: string): Promise<void> {
  let over = false;
  void server.ended.then(() => (over = true));
  const settled = await waitUntil(async () => over || (await isReady(server.serverPid, dataDir)), startLimitMs);
  if (settled && !over) return;
  server.close();
  await server.ended;
  const tail = (await readFile(logFile, 'utf8')).trim().split('\n').slice(-5).join(' | ');
  throw FailureError.of(
    'unavailable',
    `The embedded PostgreSQL did not start: ${tail || 'it wrote nothing'}. The whole log is ${logFile}; DATABASE_URL names another server.`,
    { retryable: false },
  );
}

async function isReady(serverPid: number, dataDir: string): Promise<boolean> {
  const text = await readFile(join(clusterFolder(dataDir), 'postmaster.pid'), 'utf8').catch(() => '');
  const lines = text.trimEnd().split('\n');
  return lines[0] === String(serverPid) && lines.at(-1)?.trim() === 'ready';
}

async function stop(server: Supervised): Promise<void> {
  server.close();
  await server.ended;
}
