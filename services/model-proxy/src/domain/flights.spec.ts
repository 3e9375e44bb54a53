import { describe, expect, it, vi } from 'vitest';
import { Flights } from './flights.js';

const alive = new AbortController().signal;

function setup() {
  const landed: unknown[] = [];
  const gate = Promise.withResolvers<void>();
  const seen: { starts: number; signal?: AbortSignal } = { starts: 0 };
  const flights = new Flights<number>();
  const join = (fails = false) =>
    flights.join(
      'k',
      async function* (signal) {
        seen.starts += 1;
        seen.signal = signal;
        yield 1;
        await gate.promise;
        if (fails) throw new Error('it broke');
        yield 2;
      },
      (parts) => landed.push([...parts]),
    );
  return { join, gate, landed, seen };
}

async function all(parts: AsyncIterable<number>): Promise<number[]> {
  const list: number[] = [];
  for await (const part of parts) list.push(part);
  return list;
}

describe('an answer on its way', () => {
  it('is made once for all who ask the same, whenever they come', async () => {
    const { join, gate, landed, seen } = setup();
    const early = all(join().flight.follow(alive));
    const { flight, leads } = join();
    const late = all(flight.follow(alive));
    gate.resolve();
    expect(await Promise.all([early, late])).toEqual([
      [1, 2],
      [1, 2],
    ]);
    expect([leads, seen.starts, landed]).toEqual([false, 1, [[1, 2]]]);
    await all(join().flight.follow(alive));
    expect(seen.starts).toBe(2);
  });

  it('tells everyone when it fails, and is not kept', async () => {
    const { join, gate, landed } = setup();
    const followers = [all(join(true).flight.follow(alive)), all(join().flight.follow(alive))];
    gate.resolve();
    for (const follower of followers) await expect(follower).rejects.toThrow('it broke');
    expect(landed).toEqual([]);
  });

  it('goes on without the one who asked first, and stops when nobody is left', async () => {
    const { join, seen } = setup();
    const [first, second] = [new AbortController(), new AbortController()];
    const followers = [all(join().flight.follow(first.signal)), all(join().flight.follow(second.signal))];
    await vi.waitFor(() => expect(seen.starts).toBe(1));
    first.abort(new Error('first is gone'));
    await expect(followers[0]).rejects.toThrow('first is gone');
    expect(seen.signal?.aborted).toBe(false);
    second.abort(new Error('second is gone'));
    await expect(followers[1]).rejects.toThrow('second is gone');
    expect(seen.signal?.aborted).toBe(true);
  });
});
