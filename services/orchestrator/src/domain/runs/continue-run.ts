import type { RerunRunRequest, ResumeRunRequest } from '@treadle/contracts';
import { keptEvents, type PlanDifference, planDifferences } from '@treadle/engine';
import { FailureError } from '@treadle/failure';
import { beginOnce, type Started } from './begin-once.js';
import { continuedInput } from './continued-input.js';
import { continuedInputs } from './continued-inputs.js';
import type { RunRepository } from './run.repository.js';
import type { StartKey } from './run-journal.js';
import { checkFinished, checkResumable, type Origin, readOrigin } from './run-origin.js';
import type { StartRunPorts, WorkflowVersions } from './start-run.js';

export interface ContinueRunPorts extends StartRunPorts {
  readonly repository: RunRepository;
}

/** What is asked of a resume, and of a rerun too. */
type ContinueRequest = ResumeRunRequest;

/**
 * Begins a run that goes on where a failed or cancelled one was stopped.
 * @throws FailureError `resume_refused` when the run is not over, has completed, or was finished under too different a version
 */
export function resumeRun(ports: ContinueRunPorts, request: ResumeRunRequest): Promise<Started> {
  return beginOnce(ports.keys, request, async (key) => {
    const origin = await readOrigin(ports.repository, request.tenantId, request.runId);
    checkResumable(origin);
    return begin(ports, origin, request, key);
  });
}

/**
 * Begins a run that does a finished node of another one again, and all that followed from it.
 * @throws FailureError `invalid_argument` when the node has not finished; `resume_refused` as a resume
 */
export function rerunRun(ports: ContinueRunPorts, request: RerunRunRequest): Promise<Started> {
  return beginOnce(ports.keys, request, async (key) => {
    const origin = await readOrigin(ports.repository, request.tenantId, request.runId);
    checkFinished(origin, request.nodeKey);
    return begin(ports, origin, request, key, request.nodeKey);
  });
}

async function begin(
  { runs, plans, versions, files, pickPartition, newRunId }: ContinueRunPorts,
  origin: Origin,
  request: ContinueRequest,
  key: StartKey | undefined,
  from?: string,
): Promise<Started> {
  const { tenantId, workflowId, conversationId, user } = origin.row;
  const version = await versionOf(versions, origin, request.version);
  const before = await plans.plan(origin.row);
  const plan = await plans.plan({ tenantId, workflowId, version });
  const kept = keptEvents(before, origin.events, from);
  const entry = origin.started.entry ?? before.entry;
  if (plan !== before) checkSame(planDifferences(before, plan, kept, entry), version);
  const sources = { files, ...(runs.values ? { values: runs.values } : {}) };
  const inputs = await continuedInputs(sources, plan, origin, entry, request.inputsJson);
  const partition = await pickPartition();
  const at = runs.now();
  const facts = {
    id: newRunId(partition, at),
    tenantId,
    workflowId,
    version,
    partition,
    createdAt: at,
    conversationId,
    // It goes on with a turn that is over: what it comes to is no turn of its own.
    turn: 0,
    user,
    traceparent: request.traceparent,
    origin: { run: origin.row.id, kind: from === undefined ? 'resume' : 'rerun' },
  } as const;
  const input = continuedInput(facts, plan, origin, { entry, kept, inputs, request });
  const { run, ended } = await runs.start(facts, plan, input, request.wait, key ? { key } : {});
  return { kind: 'begun', run, ended };
}

async function versionOf(versions: WorkflowVersions, { row }: Origin, wanted: string): Promise<number> {
  switch (wanted) {
    case '':
      return row.version;
    case 'latest':
      return versions.newest(row.tenantId, row.workflowId);
    case 'published':
      return versions.resolve(row.tenantId, row.workflowId, 0);
    default:
      return versions.resolve(row.tenantId, row.workflowId, Number(wanted));
  }
}

/** What was finished under one version can be gone on from under another only where both agree about it. */
function checkSame(problems: readonly PlanDifference[], version: number): void {
  const [first] = problems;
  if (!first) return;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  throw FailureError.of(
    'resume_refused',
    `Version ${version} differs in what the run has finished: ${first.message}${more} Leave out the version to go on with that of the run, or start a new run.`,
    { field: 'version', details: { problems } },
  );
}
