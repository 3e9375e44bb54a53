import type { StartRunRequest } from '@treadle/contracts';
import type { RunState } from '@treadle/engine';
import { FailureError } from '@treadle/failure';
import { checkInputs, type StartConfig } from '@treadle/nodes';
import { type JsonObject, largeMark, mentionsLarge, type Plan } from '@treadle/workflow';
import type { LiveRun } from './live-run.js';
import type { LiveRuns } from './live-runs.js';
import type { PlanSource } from './plan-source.js';
import type { RunFacts } from './run-journal.js';

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
  /** A partition of ours for a new run; waits a little for one when there is none. */
  readonly pickPartition: () => Promise<number>;
  /** Makes the id of a run of this partition; `now` in milliseconds since the epoch. */
  readonly newRunId: (partition: number, now: number) => string;
}

/** Either a run that has just begun here, or the id of the one that the same key began before. */
export type Started =
  | { readonly kind: 'begun'; readonly run: LiveRun; readonly ended: Promise<RunState> | undefined }
  | { readonly kind: 'repeated'; readonly runId: string };

/** Starts a run: everything is checked first, then the start is committed, and only then the caller hears of it. */
export async function startRun(ports: StartRunPorts, request: StartRunRequest): Promise<Started> {
  const { runs, plans, versions, keys, pickPartition, newRunId } = ports;
  const earlier = await repeated(keys, request);
  if (earlier) return earlier;
  const { tenantId, workflowId } = request;
  const version = await versions.resolve(tenantId, workflowId, request.version);
  const plan = await plans.plan({ tenantId, workflowId, version });
  const inputs = checkedInputs(plan, request);
  const partition = await pickPartition();
  const at = runs.now();
  const facts: RunFacts = {
    id: newRunId(partition, at),
    tenantId,
    workflowId,
    version,
    partition,
    createdAt: at,
    conversationId: request.conversationId,
    user: request.user,
    traceparent: request.traceparent,
  };
  const key = request.idempotencyKey ? { key: request.idempotencyKey, requestHash: request.requestHash } : undefined;
  try {
    const input = { type: 'start', at, inputs, sys: sysOf(facts, request), ...variablesOf(plan) } as const;
    const { run, ended } = await runs.start(facts, plan, input, request.wait, key);
    return { kind: 'begun', run, ended };
  } catch (error) {
    // Refused: somebody may have used the key in this very moment.
    const other = await repeated(keys, request);
    if (other) return other;
    throw error;
  }
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

function checkedInputs(plan: Plan, request: StartRunRequest): JsonObject {
  const entry = plan.nodes.get(plan.entry);
  const given = JSON.parse(request.inputsJson || '{}') as JsonObject;
  // It would pass for a reference of our own.
  if (mentionsLarge(given)) {
    throw FailureError.of(
      'invalid_inputs',
      `No member of the inputs may be called "${largeMark}". Choose another name.`,
      {
        field: 'inputs',
      },
    );
  }
  const checked = checkInputs(entry?.config as StartConfig, given);
  if (checked.inputs) return checked.inputs;
  const [first] = checked.problems;
  throw FailureError.of('invalid_inputs', first?.message ?? 'The inputs do not fit the start node.', {
    field: first ? `inputs.${first.field}` : 'inputs',
    details: { problems: checked.problems },
  });
}

function sysOf(facts: RunFacts, request: StartRunRequest): JsonObject {
  return {
    query: request.query,
    files: [],
    conversation_id: facts.conversationId,
    user_id: facts.user,
    app_id: facts.workflowId,
    workflow_id: facts.workflowId,
    workflow_run_id: facts.id,
    timestamp: Math.floor(facts.createdAt / 1000),
  };
}

function variablesOf(plan: Plan): { environment: JsonObject; conversation: JsonObject } {
  return { environment: plan.environment, conversation: plan.conversation };
}
