import { newRun } from '@treadle/engine';
import { FailureError } from '@treadle/failure';
import { describe, expect, it } from 'vitest';
import type { TurnOutlook } from './conversation-turns.js';
import type { LiveRun } from './live-run.js';
import { TurnQueue } from './turn-queue.js';

/** A queued run that notes whether it was begun; a lost one takes nothing more. */
function queuedRun(turn: number, isLost = false) {
  const begun: number[] = [];
  const run = {
    facts: { conversationId: 'talk', turn },
    state: newRun,
    plan: { environment: {}, conversation: {}, conversationTypes: {} },
    give: async () => {
      if (isLost) throw FailureError.of('unavailable', 'changing hands');
      return begun.push(turn) > 0;
    },
  } as unknown as LiveRun;
  return { run, begun };
}

describe('the queue of turns', () => {
  it('keeps a run that was read again while somebody still looked at the one before it', async () => {
    const looks: PromiseWithResolvers<TurnOutlook>[] = [];
    const outlook = () => {
      const look = Promise.withResolvers<TurnOutlook>();
      looks.push(look);
      return look.promise;
    };
    const turns = new TurnQueue({ conversations: { outlook }, now: () => 1000, onError: () => undefined });
    const [lost, readAgain] = [queuedRun(2, true), queuedRun(2)];
    turns.add(lost.run);
    turns.left(lost.run);
    turns.add(readAgain.run);
    looks[0]?.resolve({ isBlocked: false, variables: {} });
    looks[1]?.reject(FailureError.of('unavailable', 'the database is away'));
    await Promise.resolve();
    const looking = turns.advanceAll();
    looks[2]?.resolve({ isBlocked: false, variables: {} });
    await looking;
    expect(readAgain.begun).toEqual([2]);
  });
});
