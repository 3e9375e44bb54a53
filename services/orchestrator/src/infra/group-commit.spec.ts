import { FailureError } from '@treadle/failure';
import { describe, expect, it } from 'vitest';
import { GroupCommit } from './group-commit.js';

/** A database whose writes are finished by hand. */
class Slow {
  readonly batches: number[][] = [];
  private finish: (() => void)[] = [];

  readonly write = async (items: readonly number[]): Promise<boolean[]> => {
    this.batches.push([...items]);
    await new Promise<void>((resolve) => this.finish.push(resolve));
    return items.map((item) => item % 2 === 0);
  };

  next(): void {
    this.finish.shift()?.();
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('group commit', () => {
  it('writes alone at once, and what arrives meanwhile together', async () => {
    const slow = new Slow();
    const commits = new GroupCommit(slow.write, 100);
    const first = commits.append(0);
    await turn();
    const later = [1, 2, 3].map((item) => commits.append(item));
    await turn();
    expect(slow.batches).toEqual([[0]]);
    slow.next();
    expect(await first).toBe(true);
    await turn();
    expect(slow.batches).toEqual([[0], [1, 2, 3]]);
    slow.next();
    expect(await Promise.all(later)).toEqual([false, true, false]);
  });

  it('never writes more than its limit at once, in the order things came', async () => {
    const batches: number[][] = [];
    const commits = new GroupCommit<number>(async (items) => {
      batches.push([...items]);
      return items.map(() => true);
    }, 2);
    await Promise.all([1, 2, 3, 4, 5].map((item) => commits.append(item)));
    expect(batches).toEqual([[1, 2], [3, 4], [5]]);
  });

  it('keeps one item that the database will not take from spoiling the others', async () => {
    const commits = new GroupCommit<number>(async (items) => {
      if (items.includes(13)) throw new Error('value out of range');
      return items.map(() => true);
    }, 100);
    const verdicts = await Promise.allSettled([1, 13, 2].map((item) => commits.append(item)));
    expect(verdicts.map((verdict) => verdict.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('tells everybody at once when the database is away, and works again when it is back', async () => {
    let away = true;
    let calls = 0;
    const commits = new GroupCommit<number>(async (items) => {
      calls += 1;
      if (away) throw FailureError.of('unavailable', 'away');
      return items.map(() => true);
    }, 100);
    const verdicts = await Promise.allSettled([1, 2, 3].map((item) => commits.append(item)));
    expect(verdicts.every((verdict) => verdict.status === 'rejected')).toBe(true);
    expect(calls).toBe(1);
    away = false;
    expect(await commits.append(4)).toBe(true);
  });
});
