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
  /** The process of the server that was started first. */
  readonly serverPid: number;
  /** Fast shutdown: open transactions are rolled back. Done within about 3 s; a second call waits for the first. */
  stop(): Promise<void>;
}

/** After a crash the server first replays its log, which the settings keep below half a gigabyte. */
const startLimitMs = 60_000;

/** How long to wait before a server that died, or did not come up again, is started once more, in milliseconds. */
const restartDelayMs = 500;

/**
 * Starts PostgreSQL on the folder, creating its data on the first start. A server that dies is started again at the same address.
 * It ends when this process ends, in whatever way.
 * @throws FailureError `unavailable` when it cannot run here, `already_exists` when a living process uses the folder.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const dataDir = resolve(options.dataDir);
  const binaries = await locateBinaries();
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const socketFolder = makeSocketFolder();
  const start = async (): Promise<Supervised> => {
    // The supervisor of a server that died has removed it.
    await mkdir(socketFolder, { recursive: true, mode: 0o700 });
    const identity = await chooseIdentity(binaries, [dataDir, socketFolder]);
    await settleLeftover(dataDir);
    await ensureCluster(dataDir, binaries, identity);
    const settings = serverArguments(clusterFolder(dataDir), socketFolder, options.settings ?? {});
    return launch([binaries.postgres, ...settings], dataDir, socketFolder, identity);
  };
  try {
    const server = new KeptServer(start, await start());
    return {
      connectionString: `postgresql://${ownerRole}@/postgres?host=${encodeURIComponent(socketFolder)}`,
      serverPid: server.pid,
      stop: () => server.stop(),
    };
  } catch (error) {
    await rm(socketFolder, { recursive: true, force: true });
    throw error;
  }
}

/** A server that is started again whenever it ends by itself. */
class KeptServer {
  private stopping = false;
  private restarting: Promise<void> = Promise.resolve();

  constructor(
    private readonly start: () => Promise<Supervised>,
    private server: Supervised,
  ) {
    this.watch();
  }

  get pid(): number {
    return this.server.serverPid;
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.restarting;
    this.server.close();
    await this.server.ended;
  }

  private watch(): void {
    void this.server.ended.then(() => {
      if (!this.stopping) this.restarting = this.restart();
    });
  }

  /** Tries until it runs: the cause (a full disk, no memory) may pass, and callers see a database that is away meanwhile. */
  private async restart(): Promise<void> {
    while (!this.stopping) {
      await new Promise((resolve) => setTimeout(resolve, restartDelayMs));
      const server = await this.start().catch(() => undefined);
      if (!server) continue;
      this.server = server;
      return this.watch();
    }
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
