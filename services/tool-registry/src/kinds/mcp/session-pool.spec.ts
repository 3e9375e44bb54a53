import { describe, expect, it } from 'vitest';
import { type McpSession, SessionPool, sessionOwner } from './session-pool.js';

function poolWith(limits = {}) {
  let nowMs = 0;
  const ended: (string | undefined)[] = [];
  const pool = new SessionPool(() => nowMs, { idleMs: 1_000, perOwner: 2, total: 3, ...limits });
  const give = (owner: string, id: string) =>
    pool.give(owner, { id, protocolVersion: 'v' }, async (session: McpSession) => {
      ended.push(session.id);
    });
  return { pool, give, ended, pass: (milliseconds: number) => (nowMs += milliseconds) };
}

describe('SessionPool', () => {
  it('lends a session to one call at a time, and only to its owner', () => {
    const { pool, give } = poolWith();
    give('a', '1');
    expect(pool.take('b')).toBeUndefined();
    expect(pool.take('a')?.id).toBe('1');
    expect(pool.take('a')).toBeUndefined();
  });

  it('lends the one used last', () => {
    const { pool, give } = poolWith();
    give('a', '1');
    give('a', '2');
    expect(pool.take('a')?.id).toBe('2');
  });

  it('ends what an owner has too many of, the oldest first', () => {
    const { give, ended } = poolWith();
    for (const id of ['1', '2', '3']) give('a', id);
    expect(ended).toEqual(['1']);
  });

  it('ends those of whoever came longest ago when there are too many of all', () => {
    const { pool, give, ended } = poolWith();
    for (const owner of ['a', 'b', 'c', 'd']) give(owner, `of ${owner}`);
    expect(ended).toEqual(['of a']);
    expect(pool.take('d')?.id).toBe('of d');
  });

  it('ends what was idle for too long, and lends it to nobody', () => {
    const { pool, give, ended, pass } = poolWith();
    give('a', '1');
    pass(600);
    give('b', '2');
    pass(600);
    expect(pool.take('a')).toBeUndefined();
    expect(pool.take('b')?.id).toBe('2');
    expect(ended).toEqual(['1']);
  });

  it('ends all when it is closed', async () => {
    const { pool, give, ended } = poolWith();
    give('a', '1');
    give('b', '2');
    await pool.close();
    expect(ended).toEqual(['1', '2']);
    expect(pool.take('a')).toBeUndefined();
  });
});

describe('sessionOwner', () => {
  const credential = (secret: string) => ({
    hosts: [],
    attach: async <R extends { headers: readonly (readonly [string, string])[] }>(request: R) => ({
      ...request,
      headers: [...request.headers, ['authorization', secret] as const],
      secretHeaders: [],
    }),
  });

  it('differs by tenant, address and credential, and never shows the credential', async () => {
    const owners = await Promise.all([
      sessionOwner('https://a.example', { tenantId: '1', credential: undefined }),
      sessionOwner('https://a.example', { tenantId: '2', credential: undefined }),
      sessionOwner('https://b.example', { tenantId: '1', credential: undefined }),
      sessionOwner('https://a.example', { tenantId: '1', credential: credential('one') }),
      sessionOwner('https://a.example', { tenantId: '1', credential: credential('two') }),
    ]);
    expect(new Set(owners).size).toBe(owners.length);
    expect(owners.join()).not.toMatch(/one|two/);
    expect(await sessionOwner('https://a.example', { tenantId: '1', credential: credential('one') })).toBe(owners[3]);
  });
});
