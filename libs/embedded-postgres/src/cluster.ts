import { execFile } from 'node:child_process';
import { access, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { FailureError } from '@treadle/failure';
import type { Binaries } from './binaries.js';
import type { Identity } from './identity.js';

/** The role that owns everything in the server. */
export const ownerRole = 'treadle';

const run = promisify(execFile);
const unfinished = 'initializing-';

/** Where the server keeps its files inside the data folder. */
export const clusterFolder = (dataDir: string): string => join(dataDir, 'cluster');

/**
 * Creates the database cluster unless it is there. It is built under another name and renamed when complete, so a
 * process killed half-way leaves no half cluster behind.
 * @throws FailureError `unavailable` with what initdb said.
 */
export async function ensureCluster(dataDir: string, binaries: Binaries, identity: Identity): Promise<void> {
  await removeUnfinished(dataDir);
  if (await exists(join(clusterFolder(dataDir), 'PG_VERSION'))) return;
  const workshop = await mkdtemp(join(dataDir, unfinished));
  const built = join(workshop, 'cluster');
  const options = ['-D', built, '-U', ownerRole, '-A', 'trust', '-E', 'UTF8', '--no-instructions'];
  const locale = ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  try {
    if (identity.user) await run('chown', [`${identity.user.uid}:${identity.user.gid}`, workshop]);
    const [command = binaries.initdb, ...rest] = [...identity.prefix, binaries.initdb, ...options, ...locale];
    await run(command, rest, { ...identity.user, cwd: '/', env: serverEnvironment() });
    await rename(built, clusterFolder(dataDir));
  } catch (cause) {
    const said = (cause as { stderr?: string }).stderr?.trim() || String(cause);
    throw FailureError.of(
      'unavailable',
      `The embedded PostgreSQL could not create its data in ${dataDir}: ${said}. Free some space or choose another data folder, or set DATABASE_URL.`,
      { retryable: false },
      { cause },
    );
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
}

/** The server's programs see nothing of our environment: it holds keys, and PG* variables would change what they do. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' };
}

async function removeUnfinished(dataDir: string): Promise<void> {
  const leftovers = (await readdir(dataDir)).filter((name) => name.startsWith(unfinished));
  for (const name of leftovers) await rm(join(dataDir, name), { recursive: true, force: true });
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
