import { Client } from 'pg';
import { expect, it } from 'vitest';
import { testDatabase } from '../src/index.js';

async function query(connectionString: string, text: string): Promise<unknown[]> {
  const client = new Client(connectionString);
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

it('gives each caller a database of its own', async () => {
  const [one, other] = await Promise.all([testDatabase(), testDatabase()]);
  await query(one.connectionString, 'create table mine ()');
  expect(await query(other.connectionString, "select to_regclass('mine') as found")).toEqual([{ found: null }]);
  await Promise.all([one.drop(), other.drop()]);
});

it('drops a database that still has a connection', async () => {
  const database = await testDatabase();
  const client = new Client(database.connectionString);
  client.on('error', () => {});
  await client.connect();
  await database.drop();
  await expect(query(database.connectionString, 'select 1')).rejects.toThrow('does not exist');
});
