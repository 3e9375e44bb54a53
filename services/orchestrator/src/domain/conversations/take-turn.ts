import type { StartTurnAnswer } from '@treadle/contracts';
import { toFailure } from '@treadle/failure';
import { toFailureMessage } from '@treadle/grpc';
import type { Started } from '../runs/begin-once.js';
import type { LiveRuns } from '../runs/live-runs.js';
import { runFromState } from '../runs/run-view.js';
import { changingHands } from './start-turn.js';

/**
 * Takes what another replica passed on to this one, which owns the conversation's partition. What goes wrong is the answer.
 * @param begin begins the run here
 */
export async function takeTurn(
  runs: LiveRuns,
  partition: number,
  begin: () => Promise<Started>,
): Promise<StartTurnAnswer> {
  try {
    if (runs.fenceOf(partition) === undefined) throw changingHands();
    const started = await begin();
    if (started.kind !== 'begun') throw changingHands();
    const run = runFromState(started.run.facts, started.run.state, runs.now());
    return { outcome: { $case: 'started', value: { run, repeatedStart: false } } };
  } catch (error) {
    return { outcome: { $case: 'failure', value: toFailureMessage(toFailure(error)) } };
  }
}
