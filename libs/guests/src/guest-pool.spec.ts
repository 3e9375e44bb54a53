import { describe, expect, it } from 'vitest';
import type { Guest } from './guest.js';
import { GuestPool, type GuestPoolOptions } from './guest-pool.js';

type Reply = number | 'late';

/** A pool whose guests reply with their number, and not at all to the code `never`. */
function poolOf(
  options: Partial<GuestPoolOptions<string, Reply>>,
  isReady: (number: number) => Promise<boolean> = async () => true,
) {
  const killed: number[] = [];
  let started = 0;
  const start = async (): Promise<Guest<string, Reply>> => {
    started += 1;
    const number = started;
    const gone = Promise.withResolvers<void>();
    return {
      gone: gone.promise,
      ready: () => isReady(number),
      run: (call) => (call === 'never' ? new Promise(() => undefined) : Promise.resolve(number)),
      kill: async () => {
        killed.push(number);
        gone.resolve();
      },
    };
  };
  const pool = new GuestPool<string, Reply>({
    size: 1,
    start,
    watchdogMs: 20,
    late: 'late',
    isSpent: (reply) => reply === 'late',
    callsOfGuest: 2,
    oneOwner: true,
    ...options,
  });
  const call = (owner: string, text = '', signal = new AbortController().signal) => pool.run(owner, text, signal);
  return { pool, call, killed };
}

describe('GuestPool', () => {
  it('keeps a guest to one owner, and ends it for another where there is no room', async () => {
    const { call, killed } = poolOf({ callsOfGuest: 10 });
    expect([await call('a'), await call('a'), await call('b'), await call('a')]).toEqual([1, 1, 2, 3]);
    expect(killed).toEqual([1, 2]);
  });

  it('shares guests where nothing stays behind', async () => {
    const { call } = poolOf({ oneOwner: false });
    expect([await call('a'), await call('b')]).toEqual([1, 1]);
  });

  it('replaces a guest after its calls', async () => {
    const { call } = poolOf({});
    expect([await call('a'), await call('a'), await call('a')]).toEqual([1, 1, 2]);
  });

  it('ends a guest that does not answer, and lets the next in line in', async () => {
    const { call, killed } = poolOf({});
    const answers = await Promise.all([call('a', 'never'), call('a'), call('b')]);
    expect(answers).toEqual(['late', 2, 3]);
    expect(killed).toEqual([1, 2]);
  });

  it('passes over a guest that ended or does not get ready', async () => {
    const ended = poolOf({}, async (number) => number > 1);
    expect(await ended.call('a')).toBe(2);
    const late = poolOf({}, (number) => (number > 1 ? Promise.resolve(true) : new Promise(() => undefined)));
    expect(await late.call('a')).toBe(2);
    expect(late.killed).toEqual([1]);
  });

  it('leaves the line when the signal fires', async () => {
    const { call } = poolOf({});
    const stop = new AbortController();
    const first = call('a', 'never');
    const waiting = call('a', '', stop.signal);
    stop.abort(new Error('cancelled'));
    await expect(waiting).rejects.toThrow('cancelled');
    await first;
  });
});
