import type { ContinueTurnRequest, RerunRunRequest, ResumeRunRequest } from '@treadle/contracts';
import { type PlanDifference, planDifferences } from '@treadle/engine';
import { FailureError } from '@treadle/failure';
import type { JsonObject, Plan } from '@treadle/workflow';
import { continueTurn } from '../conversations/continue-turn.js';
import { beginOnce, type Started } from './begin-once.js';
import { finishedOf } from './continuation.js';
import { type CheckedContinuation, continueAlone } from './continue-alone.js';
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
  return beginOnce(ports.keys, request, ports.runs.now, async (key) => {
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
  return beginOnce(ports.keys, request, ports.runs.now, async (key) => {
    const origin = await readOrigin(ports.repository, request.tenantId, request.runId);
    checkFinished(origin, request.nodeKey);
    return begin(ports, origin, request, key, request.nodeKey);
  });
}

/** Begins what another replica has passed on to this one. */
export function continueRun(ports: ContinueRunPorts, { asked }: ContinueTurnRequest): Promise<Started> {
  switch (asked?.$case) {
    case 'resume':
      return resumeRun(ports, asked.value);
    case 'rerun':
      return rerunRun(ports, asked.value);
    case undefined:
      throw FailureError.of('invalid_argument', 'It says neither resume nor rerun. Ask for one of them.');
  }
}

async function begin(
  ports: ContinueRunPorts,
  origin: Origin,
  request: ContinueRequest,
  key: StartKey | undefined,
  from?: string,
): Promise<Started> {
  const { runs, plans, versions, files } = ports;
  const { tenantId, workflowId, conversationId } = origin.row;
  const version = await versionOf(versions, origin, request.version);
  const before = await plans.plan(origin.row);
  const plan = await plans.plan({ tenantId, workflowId, version });
  const finished = finishedOf(origin, before, from);
  if (plan !== before) checkSame(planDifferences(before, plan, finished.kept, finished.entry), version);
  const variables = checkedVariables(plan, request.variablesJson);
  const sources = { files, ...(runs.values ? { values: runs.values } : {}) };
  const inputs = await continuedInputs(sources, plan, origin, finished.entry, request.inputsJson);
  const next: CheckedContinuation = {
    ...finished,
    origin,
    kind: from === undefined ? 'resume' : 'rerun',
    plan,
    variables,
    request,
    version,
    inputs,
    ...(from === undefined ? {} : { from }),
    ...(key ? { key } : {}),
  };
  return plan.kind === 'chat' && conversationId !== '' ? continueTurn(ports, next) : continueAlone(ports, next);
}

function checkedVariables(plan: Plan, variablesJson: string): JsonObject {
  const variables = JSON.parse(variablesJson || '{}') as JsonObject;
  const unknown = Object.keys(variables).find((name) => !Object.hasOwn(plan.conversation, name));
  if (unknown === undefined) return variables;
  const names = Object.keys(plan.conversation).join(', ') || 'none';
  throw FailureError.of(
    'invalid_argument',
    `The workflow has no conversation variable "${unknown}". Its variables: ${names}.`,
    { field: `variables.${unknown}` },
  );
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
