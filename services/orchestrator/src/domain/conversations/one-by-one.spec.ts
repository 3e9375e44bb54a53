import { describe, expect, it } from 'vitest';
import { OneByOne } from './one-by-one.js';

describe('one by one', () => {
  it('begins what belongs to a key when all before it is over, failures included', async () => {
    const order = new OneByOne();
    const log: string[] = [];
    const first = Promise.withResolvers<void>();
    const work = (name: string, done: Promise<void>) => async () => {
      log.push(`${name} begins`);
      await done;
      log.push(`${name} ends`);
    };
    const broken = order.run('a', async () => {
      await first.promise;
      throw new Error('broken');
    });
    const after = order.run('a', work('second', Promise.resolve()));
    await order.run('b', work('other', Promise.resolve()));
    expect(log).toEqual(['other begins', 'other ends']);
    first.resolve();
    await expect(broken).rejects.toThrow('broken');
    await after;
    expect(log.slice(2)).toEqual(['second begins', 'second ends']);
  });
});
