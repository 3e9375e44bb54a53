import { type ContinueTurnRequest, continueTurnSubject } from '@treadle/contracts';
import type { JsonObject } from '@treadle/workflow';
import type { Started } from '../runs/begin-once.js';
import { finishedOf, type TakenOver, takenOver } from '../runs/continuation.js';
import { type CheckedContinuation, continueAlone, continuedFacts, continuedSys } from '../runs/continue-alone.js';
import type { LiveRun } from '../runs/live-run.js';
import type { PlanSource } from '../runs/plan-source.js';
import type { RunRepository } from '../runs/run.repository.js';
import { partitionOfConversation } from '../runs/run-id.js';
import { readOrigin } from '../runs/run-origin.js';
import type { StartRunPorts } from '../runs/start-run.js';
import { checkRoom, passOn } from './start-turn.js';

/**
 * Begins a run that continues a turn of a conversation, as the next turn. Where the conversation is there no more it begins all the same,
 * and leaves nothing there.
 */
export async function continueTurn(ports: StartRunPorts, next: CheckedContinuation): Promise<Started> {
  const { runs, turns } = ports;
  const { conversationId } = next.origin.row;
  if (!(await turns.conversations.head(conversationId, runs.now()))) return continueAlone(ports, next);
  const partition = partitionOfConversation(conversationId);
  if (runs.fenceOf(partition) === undefined) return passOn(turns.bus, continueTurnSubject(partition), passedOn(next));
  return turns.order.run(conversationId, () => beginOrQueue(ports, next, partition));
}

async function beginOrQueue(ports: StartRunPorts, next: CheckedContinuation, partition: number): Promise<Started> {
  const { runs, turns, newRunId } = ports;
  const { plan, inputs, from, variables, request, key } = next;
  const at = runs.now();
  const head = await turns.conversations.head(next.origin.row.conversationId, at);
  if (!head) return continueAlone(ports, next);
  checkRoom(head);
  const place = { id: newRunId(partition, at), partition, createdAt: at, turn: head.turns + 1 };
  const facts = continuedFacts(next, place);
  const given = { at, inputs, sys: continuedSys(next, facts) };
  const continues = { variables, ...(from === undefined ? {} : { from }) };
  const isFree = head.pending + head.running === 0;
  const input = isFree
    ? ({
        type: 'continue',
        ...given,
        environment: plan.environment,
        ...takenOver(next, facts.id, head.variables),
      } as const)
    : ({ type: 'queue', ...given, continues } as const);
  const { run, ended } = await runs.start(facts, plan, input, request.wait, { turn: {}, ...(key ? { key } : {}) });
  return { kind: 'begun', run, ended };
}

function passedOn({ request, from }: CheckedContinuation): ContinueTurnRequest {
  const value = { ...request, wait: false };
  if (from === undefined) return { asked: { $case: 'resume', value } };
  return { asked: { $case: 'rerun', value: { ...value, nodeKey: from } } };
}

/** What a queued run takes over when its turn has come. @param stored the variables of its conversation */
export async function takenOverBy(
  { repository, plans }: { readonly repository: RunRepository; readonly plans: PlanSource },
  { facts, plan, state }: LiveRun,
  stored: JsonObject,
): Promise<TakenOver> {
  const { from, variables = {} } = state.continues ?? {};
  const { run = '', kind = 'resume' } = facts.origin ?? {};
  const origin = await readOrigin(repository, facts.tenantId, run);
  const finished = finishedOf(origin, await plans.plan(origin.row), from);
  return takenOver({ ...finished, origin, kind, plan, variables }, facts.id, stored);
}
