import { createPool } from '@treadle/persistence';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ChatPart } from '../src/domain/question.js';
import { MemoryResponseCache } from '../src/infra/memory-response-cache.js';
import { PostgresResponseCache } from '../src/infra/postgres-response-cache.js';
import { AccountsUnderTest } from './accounts-under-test.js';

let test: AccountsUnderTest;
beforeEach(async () => {
  test = await AccountsUnderTest.open();
});
afterEach(() => test.close());

const warnings: unknown[] = [];
const log = { warn: (...line: unknown[]) => void warnings.push(line) };
const parts = (text: string): ChatPart[] => [{ type: 'text', text }];

async function replica() {
  const { pool } = await test.replica();
  return { pool, cache: new PostgresResponseCache(pool, new MemoryResponseCache(), log) };
}

describe('the shared cache', () => {
  it('gives what another replica kept, to the same tenant, for as long as it said', async () => {
    const [one, two] = [await replica(), await replica()];
    one.cache.set('a', 'k', parts('Grüße\u0000 👋'), 60);
    one.cache.set('a', 'short', parts('x'), 0);
    await one.cache.settled();
    expect(await two.cache.get('a', 'k')).toEqual(parts('Grüße\ufffd 👋'));
    expect(await two.cache.get('b', 'k')).toBeUndefined();
    expect(await two.cache.get('a', 'short')).toBeUndefined();
    expect(await two.cache.purge()).toBe(1);
  });

  it('takes the newer answer', async () => {
    const [one, two] = [await replica(), await replica()];
    one.cache.set('a', 'k', parts('old'), 60);
    await one.cache.settled();
    one.cache.set('a', 'k', parts('new'), 60);
    await one.cache.settled();
    expect(await two.cache.get('a', 'k')).toEqual(parts('new'));
  });

  it('is empty while the database is away, and says so in the log', async () => {
    const pool = createPool('postgres://127.0.0.1:1/none', { schema: 'model_proxy' });
    const cache = new PostgresResponseCache(pool, new MemoryResponseCache(), log);
    expect(await cache.get('a', 'k')).toBeUndefined();
    cache.set('a', 'k', parts('near'), 60);
    await cache.settled();
    expect(await cache.get('a', 'k')).toEqual(parts('near'));
    expect(warnings.length).toBeGreaterThanOrEqual(2);
    await pool.end();
  });
});
