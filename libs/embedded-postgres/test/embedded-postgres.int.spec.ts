import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startEmbeddedPostgres } from '../src/index.js';

let folder: string;
const owners: ChildProcess[] = [];
const serverPids: number[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'treadle-embedded-'));
});

afterEach(async () => {
  await Promise.all(owners.splice(0).map(kill));
  await Promise.all(serverPids.splice(0).map(untilGone));
  rmSync(folder, { recursive: true, force: true });
});

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new Client(url);
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

/** Starts a process that owns a server, from source, as the specs have no build. */
async function startOwner(): Promise<{ child: ChildProcess; pid: number; url: string }> {
  const script = join(import.meta.dirname, 'owner.mjs');
  const child = spawn(process.execPath, [script, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  owners.push(child);
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const server = JSON.parse(line.toString()) as { pid: number; url: string };
  serverPids.push(server.pid);
  return { child, ...server };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

const isGone = (pid: number): boolean => !existsSync(`/proc/${pid}`) && !alive(pid);

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

const untilGone = (pid: number) => vi.waitFor(() => expect(isGone(pid)).toBe(true), { timeout: 20_000, interval: 20 });

describe('embedded PostgreSQL', () => {
  it('keeps the data from one start to the next', async () => {
    const first = await startEmbeddedPostgres({ dataDir: folder });
    await query(first.connectionString, 'create table kept as select 7 as value');
    await first.stop();
    const second = await startEmbeddedPostgres({ dataDir: folder });
    const rows = await query(second.connectionString, 'select value from kept');
    await second.stop();
    expect(rows).toEqual([{ value: 7 }]);
  });

  it('is durable, speaks UTF-8 and listens on no network address', async () => {
    const server = await startEmbeddedPostgres({
      dataDir: folder,
      settings: { work_mem: '4MB', listen_addresses: '*' },
    });
    const setting = (name: string) => `current_setting('${name}') as ${name}`;
    const names = ['fsync', 'synchronous_commit', 'server_encoding', 'data_checksums', 'listen_addresses', 'work_mem'];
    const rows = await query(server.connectionString, `select ${names.map(setting).join(', ')}`);
    await server.stop();
    expect(rows).toEqual([
      {
        fsync: 'on',
        synchronous_commit: 'on',
        server_encoding: 'UTF8',
        data_checksums: 'on',
        listen_addresses: '',
        work_mem: '4MB',
      },
    ]);
  });

  it('stops with transactions still open and leaves neither process nor socket folder', async () => {
    const server = await startEmbeddedPostgres({ dataDir: folder });
    const client = new Client(server.connectionString);
    client.on('error', () => {});
    await client.connect();
    await client.query('begin');
    await Promise.all([server.stop(), server.stop()]);
    expect(isGone(server.serverPid)).toBe(true);
    expect(existsSync(new URL(server.connectionString.replace('@/', '@local/')).searchParams.get('host')!)).toBe(false);
  });

  it('ends when the owning process is killed, and starts again with what was committed', async () => {
    const owner = await startOwner();
    await query(owner.url, 'create table kept as select 1 as value');
    await kill(owner.child);
    await untilGone(owner.pid);
    const next = await startEmbeddedPostgres({ dataDir: folder });
    const rows = await query(next.connectionString, 'select value from kept');
    await next.stop();
    expect(rows).toEqual([{ value: 1 }]);
  });

  it('waits for the server of a killed owner when started at once', async () => {
    const owner = await startOwner();
    await kill(owner.child);
    const next = await startEmbeddedPostgres({ dataDir: folder });
    expect(next.serverPid).not.toBe(owner.pid);
    await next.stop();
  });

  it('refuses a folder that a living process uses', async () => {
    const owner = await startOwner();
    await expect(startEmbeddedPostgres({ dataDir: folder })).rejects.toThrow(
      `Process ${owner.child.pid} already runs on the data folder ${folder}`,
    );
    expect(await query(owner.url, 'select 1 as value')).toEqual([{ value: 1 }]);
  });

  it('starts a server that was killed again, at the same address, with what was committed', async () => {
    const server = await startEmbeddedPostgres({ dataDir: folder });
    await query(server.connectionString, 'create table kept (n integer)');
    await query(server.connectionString, 'insert into kept values (42)');
    process.kill(server.serverPid, 'SIGKILL');
    await vi.waitFor(
      async () => expect(await query(server.connectionString, 'select n from kept')).toEqual([{ n: 42 }]),
      {
        timeout: 20_000,
      },
    );
    await server.stop();
    await expect(query(server.connectionString, 'select 1')).rejects.toThrow();
  });
});
