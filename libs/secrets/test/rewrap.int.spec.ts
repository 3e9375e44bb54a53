import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import { createPool } from '@treadle/persistence';
import { testDatabase } from '@treadle/testing';
import type { Pool } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { KyselyDataKeyStore, MemoryDataKeyStore, parseKeyEncryptionKeys, Vault } from '../src/index.js';

/** Tenants, each with a data key and a secret; set it to 100000 to measure. */
const tenants = Number(process.env['TREADLE_SPEC_DATA_KEYS'] ?? 600);

let pool: Pool;
let close: () => Promise<unknown>;

beforeAll(async () => {
  const database = await testDatabase();
  pool = createPool(database.connectionString, { schema: 'public' });
  await pool.query(
    'create table data_key (tenant_id text, version integer, wrapped_by text, bytes bytea, primary key (tenant_id, version))',
  );
  close = async () => {
    await pool.end();
    await database.drop();
  };
});
afterAll(() => close());

const newKey = () => randomBytes(32).toString('base64');
const vaultOf = (text: string) => new Vault(parseKeyEncryptionKeys(text), new KyselyDataKeyStore(pool));

it('wraps all data keys anew while others read, goes on where it was broken off, and then needs the old key no more', async () => {
  const [old, fresh] = [newKey(), newKey()];
  const sealed = new Map<string, string>();
  for (let from = 0; from < tenants; from += 500) {
    const store = new MemoryDataKeyStore();
    const vault = new Vault(parseKeyEncryptionKeys(old), store);
    for (let at = from; at < Math.min(tenants, from + 500); at++)
      sealed.set(`tenant-${at}`, await vault.seal(`tenant-${at}`, 'p', `secret of tenant-${at}`));
    const keys = await store.findOthers('', undefined, 500);
    const insert = 'insert into data_key select * from unnest($1::text[], $2::integer[], $3::text[], $4::bytea[])';
    const columns = [keys.map((key) => key.tenantId), keys.map((key) => key.version)];
    await pool.query(insert, [...columns, keys.map((key) => key.wrappedBy), keys.map((key) => key.bytes)]);
  }
  const names = [...sealed.keys()];
  const reads = { done: 0, running: true };
  const readAll = async (vault: Vault) => {
    for (let at = 0; reads.running; at = (at * 7919 + 13) % names.length, reads.done++) {
      const tenant = names[at]!;
      const secret = await vault.open(tenant, 'p', sealed.get(tenant)!);
      if (secret.reveal() !== `secret of ${tenant}`) throw new Error(`${tenant} reads something else`);
      // What is read from memory alone would leave no turn to those who ask the database.
      await turn();
    }
  };
  // One that has read keys already, and one that reads each from the table; both know both keys, as all replicas do by then.
  const readers = Promise.all([readAll(vaultOf(`${old},${fresh}`)), readAll(vaultOf(`${fresh},${old}`))]);

  const stop = new AbortController();
  const broken = await vaultOf(`${fresh},${old}`).rewrapAll(() => stop.abort(), stop.signal);
  expect(broken.left).toBeGreaterThan(0);
  const began = performance.now();
  const reports: number[] = [];
  const rest = await vaultOf(`${fresh},${old}`).rewrapAll(({ left }) => reports.push(left));
  const seconds = (performance.now() - began) / 1000;
  reads.running = false;
  await readers;
  expect(rest).toMatchObject({ lost: 0, left: 0 });
  expect(reports).toEqual([...reports].sort((a, b) => b - a));
  if (process.env['TREADLE_SPEC_DATA_KEYS'])
    process.stderr.write(`${rest.rewrapped} data keys in ${seconds.toFixed(1)} s, ${reads.done} reads meanwhile\n`);

  const { rows } = await pool.query<{ count: number }>('select count(distinct wrapped_by) as count from data_key');
  expect(rows[0]?.count).toBe(1);
  const after = vaultOf(fresh);
  for (const tenant of names.slice(0, 200))
    expect((await after.open(tenant, 'p', sealed.get(tenant)!)).reveal()).toBe(`secret of ${tenant}`);
}, 600_000);

it('counts keys that no key opens, and leaves them as they are', async () => {
  await vaultOf(newKey()).seal('lost', 'p', 'x');
  const fresh = newKey();
  expect(await vaultOf(fresh).rewrapAll()).toMatchObject({ rewrapped: 0, lost: tenants + 1, left: 0 });
});

it('wraps by a key management service, which keeps its key', async () => {
  const key = parseKeyEncryptionKeys(newKey())[0]!;
  const server = createServer((request, response) => {
    void (async () => {
      const body = JSON.parse(await text(request)) as Record<string, string>;
      const data = Buffer.from(body['associated_data']!, 'base64').toString();
      if (request.headers['x-vault-token'] !== 'let-me-in') return response.writeHead(403).end();
      const wrapped = /\/v1\/transit\/encrypt\/treadle$/.test(request.url ?? '');
      const plain = wrapped
        ? await key.wrap(Buffer.from(body['plaintext']!, 'base64'), data)
        : await key.unwrap(Buffer.from(body['ciphertext']!.slice(9), 'base64'), data);
      if (!plain) return response.writeHead(400).end('{}');
      const answer = wrapped
        ? { ciphertext: `vault:v1:${plain.toString('base64')}` }
        : { plaintext: plain.toString('base64') };
      return response.end(JSON.stringify({ data: answer }));
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const address = (token: string) => `transit+http://${token}@127.0.0.1:${port}/transit/treadle`;
  const sealed = await vaultOf(address('let-me-in')).seal('kms', 'p', 'kept');
  expect((await vaultOf(address('let-me-in')).open('kms', 'p', sealed)).reveal()).toBe('kept');
  await expect(vaultOf(address('wrong')).open('kms', 'p', sealed)).rejects.toMatchObject({
    failure: { code: 'unavailable' },
  });
  server.close();
  await expect(vaultOf(address('let-me-in')).open('kms', 'p', sealed)).rejects.toMatchObject({
    failure: { code: 'unavailable' },
  });
});
