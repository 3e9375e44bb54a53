import type { StartRunRequest } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import type { JsonObject, Plan } from '@treadle/workflow';
import { startTurn, type TurnPorts } from '../conversations/start-turn.js';
import type { FileFinder } from '../files/start-files.js';
import { beginOnce, type Started, type StartKeys } from './begin-once.js';
import { type CheckedStart, calledWith, factsOf, sysOf } from './checked-start.js';
import type { LiveRuns } from './live-runs.js';
import type { PlanSource } from './plan-source.js';

/** Says which version of a workflow a start takes: the wanted one, else the published one, else the newest. */
export interface WorkflowVersions {
  /** @throws FailureError `not_found`. */
  resolve(tenantId: string, workflowId: string, version: number): Promise<number>;
  /** @throws FailureError `not_found`. */
  newest(tenantId: string, workflowId: string): Promise<number>;
}

export interface StartRunPorts {
  readonly runs: LiveRuns;
  readonly plans: PlanSource;
  readonly versions: WorkflowVersions;
  readonly keys: StartKeys;
  readonly turns: TurnPorts;
  readonly files: FileFinder;
  /** A partition of ours for a new run; waits a little for one when there is none. */
  readonly pickPartition: () => Promise<number>;
  /** Makes the id of a run of this partition; `now` in milliseconds since the epoch. */
  readonly newRunId: (partition: number, now: number) => string;
}

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
export function startRun(ports: StartRunPorts, request: StartRunRequest, entrance?: Entrance): Promise<Started> {
  const { plans, versions, keys, runs } = ports;
  const { tenantId, workflowId } = request;
  return beginOnce(keys, request, runs.now, async (key) => {
    const version = await versions.resolve(tenantId, workflowId, request.version);
    const plan = await plans.plan({ tenantId, workflowId, version });
    const begun = entrance ? { ...entrance, files: [] } : await calledWith(ports.files, plan, request);
    const start: CheckedStart = { request, version, plan, ...begun, ...(key ? { key } : {}) };
    return plan.kind === 'chat' ? startTurn(ports, start) : startAlone(ports, start);
  });
}

async function startAlone(ports: StartRunPorts, start: CheckedStart): Promise<Started> {
  const { request, plan, inputs, entry, key } = start;
  if (request.conversationId !== '') throw noChat(plan);
  const { runs, newRunId } = ports;
  const partition = await ports.pickPartition();
  const at = runs.now();
  const facts = factsOf(start, { id: newRunId(partition, at), partition, createdAt: at, conversationId: '', turn: 0 });
  const sys = sysOf(facts, start);
  const { environment, conversation } = plan;
  const input = { type: 'start', at, inputs, sys, environment, conversation, ...(entry ? { entry } : {}) } as const;
  const { run, ended } = await runs.start(facts, plan, input, request.wait, key ? { key } : {});
  return { kind: 'begun', run, ended };
}

function noChat({ name }: Plan): FailureError {
  const message = `"${name}" is no chat workflow, so its runs belong to no conversation. Leave conversation_id out.`;
  return FailureError.of('invalid_argument', message, { field: 'conversation_id' });
}
