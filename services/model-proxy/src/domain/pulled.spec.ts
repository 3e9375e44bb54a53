import { describe, expect, it } from 'vitest';
import { type Emit, pulled } from './pulled.js';

async function all<Part>(parts: AsyncIterable<Part>): Promise<Part[]> {
  const list: Part[] = [];
  for await (const part of parts) list.push(part);
  return list;
}

const nobody = () => undefined;

describe('pulled parts', () => {
  it('come in order, those before a failure too', async () => {
    const seen: number[] = [];
    const failing = async () => {
      const push = async (emit: Emit<number>) => {
        for (const part of [1, 2, 3]) await emit(part);
        throw new Error('it broke');
      };
      for await (const part of pulled(push, nobody)) seen.push(part);
    };
    await expect(failing()).rejects.toThrow('it broke');
    expect(seen).toEqual([1, 2, 3]);
  });

  it('ask the sender to wait while the reader is slow', async () => {
    let sent = 0;
    const push = async (emit: Emit<number>) => {
      for (; sent < 1000; sent += 1) await emit(sent);
    };
    const parts = pulled(push, nobody);
    await parts.next();
    expect(sent).toBeLessThan(200);
    expect(await all(parts)).toHaveLength(999);
  });

  it('tell the sender that the reader has left, and wait for its end', async () => {
    const gone = Promise.withResolvers<void>();
    const told: string[] = [];
    const push = async (emit: Emit<number>) => {
      await emit(1);
      await gone.promise;
      await emit(2);
      told.push('ended');
    };
    const left = () => {
      told.push('left');
      gone.resolve();
    };
    for await (const _ of pulled(push, left)) break;
    expect(told).toEqual(['left', 'ended']);
  });

  it('of a sender that ends at once are none', async () => {
    expect(await all(pulled(async () => undefined, nobody))).toEqual([]);
  });
});
