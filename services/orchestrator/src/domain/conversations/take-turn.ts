import type { StartRunRequest, StartTurnAnswer } from '@treadle/contracts';
import { toFailure } from '@treadle/failure';
import { toFailureMessage } from '@treadle/grpc';
import { partitionOfConversation } from '../runs/run-id.js';
import { runFromState } from '../runs/run-view.js';
import { type StartRunPorts, startRun } from '../runs/start-run.js';
import { changingHands } from './start-turn.js';

/** Takes a start that another replica passed on to this one, which owns the conversation. What goes wrong is the answer. */
export async function takeTurn(ports: StartRunPorts, request: StartRunRequest): Promise<StartTurnAnswer> {
  try {
    if (ports.runs.fenceOf(partitionOfConversation(request.conversationId)) === undefined) throw changingHands();
    const started = await startRun(ports, request);
    if (started.kind !== 'begun') throw changingHands();
    const run = runFromState(started.run.facts, started.run.state, ports.runs.now());
    return { outcome: { $case: 'started', value: { run, repeatedStart: false } } };
  } catch (error) {
    return { outcome: { $case: 'failure', value: toFailureMessage(toFailure(error)) } };
  }
}
