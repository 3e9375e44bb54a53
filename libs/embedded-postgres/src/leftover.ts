import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FailureError } from '@treadle/failure';
import { clusterFolder } from './cluster.js';
import { waitUntil } from './wait-until.js';

/** A killed owner's server is stopping by itself; its supervisor needs at most this long. */
const graceMs = 5_000;

const ownerFile = (dataDir: string): string => join(dataDir, 'owner.pid');

/** Notes that this process runs the server of the folder. */
export function claim(dataDir: string): Promise<void> {
  return writeFile(ownerFile(dataDir), `${process.pid}\n`);
}

/**
 * Makes sure no server runs on the folder. One whose owner was killed is waited for, and stopped if nobody does it;
 * one that serves a living owner is left alone.
 * @throws FailureError `already_exists` when another living process uses the folder.
 */
export async function settleLeftover(dataDir: string): Promise<void> {
  const lockFile = join(clusterFolder(dataDir), 'postmaster.pid');
  const pid = await readPid(lockFile);
  if (pid === undefined) return;
  const owner = await readPid(ownerFile(dataDir));
  if (isServerOf(pid, dataDir) && owner !== undefined && commandOf(owner) !== '') {
    throw FailureError.of(
      'already_exists',
      `Process ${owner} already runs on the data folder ${dataDir}. Stop it first, or choose another folder with TREADLE_DATA_DIR.`,
    );
  }
  if (!(await waitUntil(() => !isServerOf(pid, dataDir), graceMs))) await stopOrphan(pid, dataDir);
  // The number may by now belong to some other program, which would keep the server from starting.
  await rm(lockFile, { force: true });
}

async function stopOrphan(pid: number, dataDir: string): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    process.kill(pid, signal);
    if (await waitUntil(() => !isServerOf(pid, dataDir), graceMs)) return;
  }
  throw FailureError.of(
    'unavailable',
    `PostgreSQL process ${pid} of an earlier start still holds ${dataDir} and does not stop. Kill it and start again.`,
    { retryable: false },
  );
}

async function readPid(file: string): Promise<number | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const pid = Number.parseInt(text, 10);
  return pid > 0 ? pid : undefined;
}

/** Whether the pid is a PostgreSQL on this very folder. After a reboot the number may belong to anything. */
function isServerOf(pid: number, dataDir: string): boolean {
  return commandOf(pid).includes(clusterFolder(dataDir));
}

/** The command line of a process, empty when it ended. Small Linux images lack `ps`, macOS lacks `/proc`. */
function commandOf(pid: number): string {
  if (process.platform !== 'linux') return spawnSync('ps', ['-ww', '-o', 'command=', '-p', `${pid}`]).stdout.toString();
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
