import type { Run, StartRunResponse } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import { type Json, largeMark } from '@treadle/workflow';
import { withAddresses } from '../streaming/large-values.js';
import type { Continuations, Runs } from './ports.js';

/** Above this many bytes together, the large inputs or outputs of a run are shown as addresses in its answer too. */
export const maxShownBytes = 50 * 1024 * 1024;

interface ValueReader {
  readBack(tenantId: string, value: Json): Promise<Json>;
}

/** The same service, whose runs have their inputs and outputs whole. What their nodes read and gave has addresses where it is large. */
export function withWholeValues(runs: Runs, values: ValueReader): Runs {
  const whole = (tenantId: string, run: Run | undefined) => run && wholeRun(tenantId, run, values);
  return {
    ...runs,
    startRun: (request, options) => wholeAnswers(request.tenantId, runs.startRun(request, options), values),
    async getRun(request, options) {
      return { run: await whole(request.tenantId, (await runs.getRun(request, options)).run) };
    },
    async cancelRun(request, options) {
      const answer = await runs.cancelRun(request, options);
      return { ...answer, run: await whole(request.tenantId, answer.run) };
    },
  };
}

/** The same for runs that continue others. */
export function withWholeContinuations(continuations: Continuations, values: ValueReader): Continuations {
  return {
    resumeRun: (request, options) => wholeAnswers(request.tenantId, continuations.resumeRun(request, options), values),
    rerunRun: (request, options) => wholeAnswers(request.tenantId, continuations.rerunRun(request, options), values),
  };
}

async function* wholeAnswers(
  tenantId: string,
  answers: AsyncIterable<StartRunResponse>,
  values: ValueReader,
): AsyncIterable<StartRunResponse> {
  for await (const answer of answers) {
    yield { ...answer, run: answer.run && (await wholeRun(tenantId, answer.run, values)) };
  }
}

async function wholeRun(tenantId: string, run: Run, values: ValueReader): Promise<Run> {
  return {
    ...run,
    inputsJson: await wholeJson(tenantId, run.inputsJson, values),
    outputsJson: await wholeJson(tenantId, run.outputsJson, values),
    nodeRuns: run.nodeRuns.map((node) => ({
      ...node,
      inputsJson: withAddresses(node.inputsJson),
      outputsJson: withAddresses(node.outputsJson),
    })),
  };
}

async function wholeJson(tenantId: string, json: string, values: ValueReader): Promise<string> {
  if (!json.includes(`"${largeMark}"`)) return json;
  try {
    return JSON.stringify(await values.readBack(tenantId, JSON.parse(json) as Json));
  } catch (error) {
    // Too large for one answer, or gone: its address says so when it is asked.
    if (error instanceof FailureError && !error.failure.retryable) return withAddresses(json);
    throw error;
  }
}
