import type { StartRunRequest, StartRunResponse } from '@treadle/contracts';
import type { RunState } from '@treadle/engine';
import { FailureError } from '@treadle/failure';
import type { JsonObject, Plan } from '@treadle/workflow';
import { type CheckedStart, checkedInputs, factsOf, sysOf } from './checked-start.js';
import type { LiveRun } from './live-run.js';
import type { LiveRuns } from './live-runs.js';
import type { PlanSource } from './plan-source.js';
import { startTurn, type TurnPorts } from './start-turn.js';

/** Finds what an idempotency key started before. */
export interface StartKeys {
  find(tenantId: string, key: string): Promise<{ runId: string; requestHash: string } | undefined>;
}

/** Says which version of a workflow a start takes: the wanted one, else the published one, else the newest. */
export interface WorkflowVersions {
  /** @throws FailureError `not_found`. */
  resolve(tenantId: string, workflowId: string, version: number): Promise<number>;
}

export interface StartRunPorts {
  readonly runs: LiveRuns;
  readonly plans: PlanSource;
  readonly versions: WorkflowVersions;
  readonly keys: StartKeys;
  readonly turns: TurnPorts;
  /** A partition of ours for a new run; waits a little for one when there is none. */
  readonly pickPartition: () => Promise<number>;
  /** Makes the id of a run of this partition; `now` in milliseconds since the epoch. */
  readonly newRunId: (partition: number, now: number) => string;
}

export type Started =
  /** A run was accepted here. */
  | { readonly kind: 'begun'; readonly run: LiveRun; readonly ended: Promise<RunState> | undefined }
  /** Its conversation belongs to another replica, which has accepted it. */
  | { readonly kind: 'elsewhere'; readonly answer: StartRunResponse }
  /** The same key began a run before. */
  | { readonly kind: 'repeated'; readonly runId: string };

/** Where a trigger begins a run, with inputs that it has checked itself. */
export interface Entrance {
  /** Id of the node. */
  readonly entry: string;
  readonly inputs: JsonObject;
}

/**
 * Starts a run: everything is checked first, then the start is committed, and only then the caller hears of it.
 * @param entrance given by triggers; without it the run begins at the start node with the inputs of the request
 */
export async function startRun(ports: StartRunPorts, request: StartRunRequest, entrance?: Entrance): Promise<Started> {
  const { plans, versions, keys } = ports;
  const earlier = await repeated(keys, request);
  if (earlier) return earlier;
  const { tenantId, workflowId, idempotencyKey, requestHash } = request;
  const version = await versions.resolve(tenantId, workflowId, request.version);
  const plan = await plans.plan({ tenantId, workflowId, version });
  const { inputs, ...begun } = entrance ?? { inputs: checkedInputs(plan, request) };
  const key = idempotencyKey ? { key: { key: idempotencyKey, requestHash } } : {};
  const start: CheckedStart = { request, version, plan, inputs, ...begun, ...key };
  try {
    return plan.kind === 'chat' ? await startTurn(ports, start) : await startAlone(ports, start);
  } catch (error) {
    // Refused: somebody may have used the key in this very moment.
    const other = await repeated(keys, request);
    if (other) return other;
    throw error;
  }
}

async function startAlone(ports: StartRunPorts, start: CheckedStart): Promise<Started> {
  const { request, plan, inputs, entry, key } = start;
  if (request.conversationId !== '') throw noChat(plan);
  const { runs, newRunId } = ports;
  const partition = await ports.pickPartition();
  const at = runs.now();
  const facts = factsOf(start, { id: newRunId(partition, at), partition, createdAt: at, conversationId: '', turn: 0 });
  const sys = sysOf(facts, request);
  const { environment, conversation } = plan;
  const input = { type: 'start', at, inputs, sys, environment, conversation, ...(entry ? { entry } : {}) } as const;
  const { run, ended } = await runs.start(facts, plan, input, request.wait, key ? { key } : {});
  return { kind: 'begun', run, ended };
}

async function repeated(keys: StartKeys, request: StartRunRequest): Promise<Started | undefined> {
  if (!request.idempotencyKey) return undefined;
  const found = await keys.find(request.tenantId, request.idempotencyKey);
  if (!found) return undefined;
  if (found.requestHash === request.requestHash) return { kind: 'repeated', runId: found.runId };
  throw FailureError.of(
    'idempotency_key_reused',
    `This Idempotency-Key started run ${found.runId} with another request. Use a new key for a new request.`,
    { field: 'Idempotency-Key' },
  );
}

function noChat({ name }: Plan): FailureError {
  const message = `"${name}" is no chat workflow, so its runs belong to no conversation. Leave conversation_id out.`;
  return FailureError.of('invalid_argument', message, { field: 'conversation_id' });
}
