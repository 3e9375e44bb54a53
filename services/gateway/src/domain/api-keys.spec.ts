import { FailureError } from '@treadle/failure';
import { describe, expect, it } from 'vitest';
import { type ApiKeyStore, hashApiKey, type NewKey } from './api-key.js';
import { ApiKeys } from './api-keys.js';

/** Keys in memory; counts how often it is asked. */
class FakeStore implements ApiKeyStore {
  readonly keys = new Map<string, NewKey & { id: number; revoked?: boolean }>();
  readonly touched: number[] = [];
  asked = 0;
  away = false;

  async find(hash: string) {
    this.asked += 1;
    if (this.away) throw FailureError.of('unavailable', 'away');
    const key = this.keys.get(hash);
    return key && !key.revoked ? key : undefined;
  }

  async add(key: NewKey) {
    if (!this.keys.has(key.hash)) this.keys.set(key.hash, { ...key, id: this.keys.size + 1 });
  }

  async addFirst(key: NewKey) {
    if (this.keys.size > 0) return false;
    await this.add(key);
    return true;
  }

  async touch(ids: readonly number[]) {
    this.touched.push(...ids);
  }
}

async function prepared(given?: string) {
  const store = new FakeStore();
  const clock = { now: 0 };
  const keys = new ApiKeys(store, () => clock.now);
  return { store, clock, keys, made: await keys.prepare(given) };
}

describe('API keys', () => {
  it('make a random key once, and none when one is given', async () => {
    const { keys, made, store } = await prepared();
    expect(made).toMatch(/^tk_/);
    expect(await keys.prepare(undefined)).toBeUndefined();
    expect([...store.keys.keys()]).toEqual([hashApiKey(made!)]);
    expect((await prepared('tk_mine')).made).toBeUndefined();
  });

  it('are looked up once in five seconds, and a revoked one is refused after that', async () => {
    const { keys, store, clock } = await prepared('tk_mine');
    expect(keys.known('tk_mine')).toBeUndefined();
    expect(await keys.find('tk_mine')).toMatchObject({ tenantId: 'default' });
    store.keys.get(hashApiKey('tk_mine'))!.revoked = true;
    clock.now = 4999;
    expect(keys.known('tk_mine')).toMatchObject({ tenantId: 'default' });
    clock.now = 5000;
    expect(keys.known('tk_mine')).toBeUndefined();
    await expect(keys.find('tk_mine')).rejects.toMatchObject({ failure: { code: 'unauthenticated' } });
    expect(store.asked).toBe(2);
  });

  it('that are unknown are asked for each time, so that a new one works at once', async () => {
    const { keys, store } = await prepared('tk_mine');
    await expect(keys.find('tk_new')).rejects.toThrow();
    await store.add({ hash: hashApiKey('tk_new'), prefix: 'tk_new', tenantId: 't' });
    expect(await keys.find('tk_new')).toMatchObject({ tenantId: 't' });
  });

  it('cannot be judged before the store is prepared nor while it is away', async () => {
    const unprepared = new ApiKeys(new FakeStore(), () => 0);
    await expect(unprepared.find('tk_x')).rejects.toMatchObject({ failure: { code: 'unavailable' } });
    const { keys, store } = await prepared('tk_mine');
    store.away = true;
    await expect(keys.find('tk_mine')).rejects.toMatchObject({ failure: { code: 'unavailable' } });
  });

  it('note their use once however often they were used', async () => {
    const { keys, store } = await prepared('tk_mine');
    await keys.find('tk_mine');
    await keys.find('tk_mine');
    await keys.noteUse();
    await keys.noteUse();
    expect(store.touched).toEqual([1]);
  });
});
