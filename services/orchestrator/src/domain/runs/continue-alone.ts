import type { ResumeRunRequest } from '@treadle/contracts';
import type { JsonObject } from '@treadle/workflow';
import type { Started } from './begin-once.js';
import { type Continuation, takenOver } from './continuation.js';
import type { RunFacts, StartKey } from './run-journal.js';
import type { StartRunPorts } from './start-run.js';

/** A resume or a rerun of which everything that can be wrong with the request itself was checked. */
export interface CheckedContinuation extends Continuation {
  readonly request: ResumeRunRequest;
  readonly version: number;
  readonly inputs: JsonObject;
  /** Key of the node that a rerun begins with. */
  readonly from?: string;
  readonly key?: StartKey;
}

/** Begins a run that continues another one and is no turn of a conversation. */
export async function continueAlone(
  { runs, pickPartition, newRunId }: StartRunPorts,
  next: CheckedContinuation,
): Promise<Started> {
  const { plan, inputs, request, key } = next;
  const partition = await pickPartition();
  const at = runs.now();
  const facts = continuedFacts(next, { id: newRunId(partition, at), partition, createdAt: at, turn: 0 });
  const given = { at, inputs, sys: continuedSys(next, facts), environment: plan.environment };
  const input = { type: 'continue', ...given, ...takenOver(next, facts.id) } as const;
  const { run, ended } = await runs.start(facts, plan, input, request.wait, key ? { key } : {});
  return { kind: 'begun', run, ended };
}

/** The facts of a run that continues another one, but for what depends on where it runs. */
export function continuedFacts(
  { origin: { row }, kind, version, request: { traceparent } }: CheckedContinuation,
  place: Pick<RunFacts, 'id' | 'partition' | 'createdAt' | 'turn'>,
): RunFacts {
  const { tenantId, workflowId, conversationId, user } = row;
  const origin = { run: row.id, kind };
  return { tenantId, workflowId, version, conversationId, user, traceparent, origin, ...place };
}

/** What the user asked is asked again, by another run. */
export function continuedSys({ origin: { started } }: CheckedContinuation, { id, turn }: RunFacts): JsonObject {
  return { ...started.sys, workflow_run_id: id, ...(turn === 0 ? {} : { dialogue_count: turn }) };
}
