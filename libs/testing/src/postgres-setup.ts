import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@treadle/embedded-postgres';
import { testPostgresVariable } from './postgres.js';

/**
 * Vitest's global setup: one PostgreSQL for the whole run, started when the first spec asks for it. Specs run in other
 * processes, so they ask over HTTP. Several vitest projects in one run share the first one's server.
 */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env[testPostgresVariable]) return undefined;
  const dataDir = await mkdtemp(join(tmpdir(), 'treadle-specs-'));
  let starting: Promise<EmbeddedPostgres> | undefined;
  const broker = createServer((_request, response) => {
    starting ??= startEmbeddedPostgres({ dataDir, settings: { fsync: 'off', max_connections: '200' } });
    starting.then(
      (server) => response.end(server.connectionString),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await once(broker.listen(0, '127.0.0.1'), 'listening');
  process.env[testPostgresVariable] = `http://127.0.0.1:${(broker.address() as AddressInfo).port}`;
  return async () => {
    delete process.env[testPostgresVariable];
    broker.close();
    broker.closeAllConnections();
    await starting?.then((server) => server.stop());
    await rm(dataDir, { recursive: true, force: true });
  };
}
