import type { Run, RunServiceService } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import type { Handlers } from '@treadle/grpc';
import type { Json, JsonObject } from '@treadle/workflow';
import { hashOf } from '../../domain/arguments.js';
import { errorOutcome, textOutcome } from '../../domain/outcome.js';
import type { CallWorld, DiscoveredTool, ToolOutcome } from '../../domain/toolset-kind.js';
import { lookAgain } from '../../domain/waiting.js';
import { textOf } from '../schema/text-of.js';

export type Runs = Pick<Handlers<RunServiceService>, 'startRun' | 'getRun'>;

/** Which runs were started by calls of which runs. */
export interface CallChain {
  /** How many calls of workflows led to the run that makes a call. */
  depth(tenantId: string, callId: string, runId: string, signal: AbortSignal): Promise<number>;
  /** Remembers which run a call has started. */
  started(tenantId: string, callId: string, runId: string): Promise<void>;
}

export interface RunParts {
  readonly runs: Runs;
  readonly chain: CallChain;
}

/** How deep workflows may call each other as tools; as deep as sub-workflows may be. */
const deepest = 5;

/** Starts the run of a call, once for its key, and waits until it has ended. */
export async function runWorkflow(
  { runs, chain }: RunParts,
  { name, invocation }: DiscoveredTool,
  args: JsonObject,
  world: CallWorld,
): Promise<ToolOutcome> {
  const { tenantId, callId, signal } = world;
  if ((await chain.depth(tenantId, callId, world.runId, signal)) >= deepest)
    throw FailureError.of(
      'limit_exceeded',
      `The workflow "${name}" was not run: workflows may call each other as tools ${deepest} deep. Look for one that calls itself.`,
    );
  const answers = runs.startRun(startRequest(invocation, args, world), { signal })[Symbol.asyncIterator]();
  try {
    const first = await answers.next();
    const accepted = first.done ? undefined : first.value.run;
    if (!accepted) throw FailureError.of('unavailable', 'The orchestrator did not say whether the run has begun.');
    await chain.started(tenantId, callId, accepted.id);
    return outcomeOf(isSettled(accepted) ? accepted : await settled(runs, answers, accepted, world));
  } finally {
    void answers.return?.().catch(() => undefined);
  }
}

function startRequest({ workflowId, chat }: JsonObject, args: JsonObject, world: CallWorld) {
  const { query = '', ...inputs } = args;
  return {
    tenantId: world.tenantId,
    workflowId: textOf(workflowId),
    version: world.version,
    inputsJson: JSON.stringify(chat === true ? inputs : args),
    query: chat === true && typeof query === 'string' ? query : '',
    idempotencyKey: `tool:${world.idempotencyKey || world.callId}`,
    requestHash: hashOf(args),
    wait: true,
    traceparent: world.traceparent,
    ...{ conversationId: '', user: '', filesJson: '' },
  };
}

/** A stream that breaks off has done its part: the run is asked for instead. */
async function settled(
  runs: Runs,
  answers: AsyncIterator<{ readonly run?: Run | undefined }>,
  accepted: Run,
  { tenantId, signal }: CallWorld,
): Promise<Run> {
  const next = await answers.next().catch(() => undefined);
  const told = next && !next.done ? next.value.run : undefined;
  if (told && isSettled(told)) return told;
  for (let looks = 0; ; looks++) {
    await lookAgain(looks, signal);
    const { run } = await runs.getRun({ tenantId, runId: accepted.id }, { signal });
    if (run && isSettled(run)) return run;
  }
}

const isSettled = ({ status }: Run) => ['completed', 'failed', 'cancelled', 'paused'].includes(status);

function outcomeOf({ id, status, outputsJson, failureJson }: Run): ToolOutcome {
  if (status === 'completed') return textOutcome(outputsJson || '{}', JSON.parse(outputsJson || '{}') as Json);
  if (status === 'paused')
    return errorOutcome(
      `The run ${id} waits for a person, which a tool cannot do. Answer it under approvals, or call a workflow that asks nobody.`,
    );
  const { message = '' } = (failureJson === '' ? {} : JSON.parse(failureJson)) as { message?: string };
  return errorOutcome(
    `The run ${id} ${status === 'cancelled' ? 'was cancelled' : 'failed'}${message ? `: ${message}` : '.'}`,
  );
}
