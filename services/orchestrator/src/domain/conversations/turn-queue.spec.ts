import { newRun } from '@treadle/engine';
import { FailureError } from '@treadle/failure';
import { describe, expect, it, vi } from 'vitest';
import type { LiveRun } from '../runs/live-run.js';
import type { TurnOutlook } from './conversation-turns.js';
import { TurnQueue } from './turn-queue.js';

/** A queued run, and what it does when it is begun. */
function queuedRun(turn: number, give: LiveRun['give']): LiveRun {
  const plan = { environment: {}, conversation: {}, conversationTypes: {} };
  return { facts: { conversationId: 'talk', turn }, plan, state: newRun, give } as unknown as LiveRun;
}

/** A queue whose database says what `blocked` says, with runs that note what they are given. */
function setUp() {
  const begun: number[] = [];
  const state = { blocked: false, away: false };
  const errors: unknown[] = [];
  const queue = new TurnQueue({
    conversations: {
      outlook: async () => {
        if (state.away) throw new Error('away');
        return { isBlocked: state.blocked, variables: {} };
      },
    },
    takenOver: () => Promise.reject(new Error('continues nothing')),
    now: () => 1,
    onError: (error) => errors.push(error),
  });
  const runOf = (turn: number) => queuedRun(turn, async () => begun.push(turn) > 0);
  return { queue, begun, state, errors, runOf };
}

describe('the queue of turns', () => {
  it('begins the first turn only, and the next one when that has left', async () => {
    const { queue, begun, state, runOf } = setUp();
    state.blocked = true;
    const [third, second] = [runOf(3), runOf(2)];
    queue.add(third);
    queue.add(second);
    await queue.advanceAll();
    expect(begun).toEqual([]);
    state.blocked = false;
    queue.left(runOf(1));
    await vi.waitFor(() => expect(begun).toEqual([2]));
    queue.left(second);
    await vi.waitFor(() => expect(begun).toEqual([2, 3]));
  });

  it('passes over a turn that was cancelled while it waited', async () => {
    const { queue, begun, state, runOf } = setUp();
    state.blocked = true;
    const second = runOf(2);
    queue.add(second);
    queue.add(runOf(3));
    await queue.advanceAll();
    state.blocked = false;
    queue.left(second);
    await vi.waitFor(() => expect(begun).toEqual([3]));
  });

  it('looks again when the database was away', async () => {
    const { queue, begun, state, errors, runOf } = setUp();
    state.away = true;
    queue.add(runOf(1));
    await vi.waitFor(() => expect(errors).toHaveLength(1));
    state.away = false;
    await queue.advanceAll();
    expect(begun).toEqual([1]);
  });

  it('keeps a run that was read again while somebody still looked at the one before it', async () => {
    const looks: PromiseWithResolvers<TurnOutlook>[] = [];
    const outlook = () => {
      const look = Promise.withResolvers<TurnOutlook>();
      looks.push(look);
      return look.promise;
    };
    const turns = new TurnQueue({
      conversations: { outlook },
      takenOver: () => Promise.reject(new Error('continues nothing')),
      now: () => 1000,
      onError: () => undefined,
    });
    const begun: string[] = [];
    const lost = queuedRun(2, () => Promise.reject(FailureError.of('unavailable', 'changing hands')));
    turns.add(lost);
    turns.left(lost);
    turns.add(queuedRun(2, async () => begun.push('read again') > 0));
    looks[0]?.resolve({ isBlocked: false, variables: {} });
    looks[1]?.reject(FailureError.of('unavailable', 'the database is away'));
    await Promise.resolve();
    const looking = turns.advanceAll();
    looks[2]?.resolve({ isBlocked: false, variables: {} });
    await looking;
    expect(begun).toEqual(['read again']);
  });
});
