import { FailureError } from '@treadle/failure';
import { describe, expect, it } from 'vitest';
import { Credentials, hashSecret } from '../access/credentials.js';
import type { ApiKeyStore, NewKey, StoredKey } from './api-key.js';
import { ApiKeys } from './api-keys.js';

type Kept = StoredKey & { revoked?: boolean };

/** Keys in memory; counts how often it is asked. */
class FakeStore implements Pick<ApiKeyStore, 'find' | 'add' | 'addFirst' | 'touch'> {
  readonly keys = new Map<string, Kept>();
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
    if (this.keys.has(key.hash)) return undefined;
    const kept = { ...key, id: this.keys.size + 1, createdAt: new Date(0), lastUsedAt: undefined };
    this.keys.set(key.hash, kept);
    return kept;
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

const noTokens = { find: () => Promise.reject(FailureError.of('unauthenticated', 'no token')) };

async function prepared(given?: string) {
  const store = new FakeStore();
  const clock = { now: 0 };
  const keys = new ApiKeys(store as unknown as ApiKeyStore);
  const credentials = new Credentials(keys, noTokens, () => clock.now);
  return { store, clock, keys, credentials, made: await keys.prepare(given) };
}

const limited: NewKey = {
  hash: hashSecret('tk_limited'),
  prefix: 'tk_limited',
  tenantId: 'acme',
  name: 'limited',
  scopes: ['runs:read', 'installation:manage'],
  bound: { workflowId: 'w' },
  expiresAt: new Date(1000),
  createdBy: 'user:u',
};

describe('API keys', () => {
  it('make a random key once, and none when one is given', async () => {
    const { keys, made, store } = await prepared();
    expect(made).toMatch(/^tk_/);
    expect(await keys.prepare(undefined)).toBeUndefined();
    expect([...store.keys.keys()]).toEqual([hashSecret(made!)]);
    expect((await prepared('tk_mine')).made).toBeUndefined();
  });

  it('may be any text where one is configured', async () => {
    const { credentials } = await prepared('an operators.own key');
    expect(await credentials.find('an operators.own key')).toMatchObject({ tenantId: 'default', by: { keyId: '1' } });
    await expect(credentials.find('eyJhbGciOiJub25lIn0.e30.')).rejects.toMatchObject({
      failure: { message: 'no token' },
    });
  });

  it('are looked up once in four seconds, and a revoked one is refused after that', async () => {
    const { credentials, store, clock } = await prepared('tk_mine');
    expect(credentials.known('tk_mine')).toBeUndefined();
    expect(await credentials.find('tk_mine')).toMatchObject({ tenantId: 'default', by: { keyId: '1' } });
    store.keys.get(hashSecret('tk_mine'))!.revoked = true;
    clock.now = 3999;
    expect(credentials.known('tk_mine')).toMatchObject({ tenantId: 'default' });
    clock.now = 4000;
    expect(credentials.known('tk_mine')).toBeUndefined();
    await expect(credentials.find('tk_mine')).rejects.toMatchObject({ failure: { code: 'unauthenticated' } });
    expect(store.asked).toBe(2);
  });

  it('are believed no longer than they last', async () => {
    const { credentials, store, clock } = await prepared('tk_mine');
    await store.add(limited);
    await credentials.find('tk_limited');
    clock.now = 999;
    expect(credentials.known('tk_limited')).toBeDefined();
    clock.now = 1000;
    expect(credentials.known('tk_limited')).toBeUndefined();
  });

  it('hold their scopes and what they are bound to, and never what their organisation may not do', async () => {
    const { credentials, store } = await prepared('tk_mine');
    await store.add(limited);
    const caller = await credentials.find('tk_limited');
    expect([...caller.permissions]).toEqual(['runs:read']);
    expect(caller.bound).toEqual({ workflowId: 'w' });
  });

  it('that are unknown are asked for each time, so that a new one works at once', async () => {
    const { credentials, store } = await prepared('tk_mine');
    await expect(credentials.find('tk_limited')).rejects.toThrow();
    await store.add(limited);
    expect(await credentials.find('tk_limited')).toMatchObject({ tenantId: 'acme' });
  });

  it('cannot be judged before the store is prepared nor while it is away', async () => {
    const unprepared = new ApiKeys(new FakeStore() as unknown as ApiKeyStore);
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
