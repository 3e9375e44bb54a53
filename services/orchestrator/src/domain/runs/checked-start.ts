import type { StartRunRequest } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import { checkInputs, type FileValue, type StartConfig } from '@treadle/nodes';
import { hasStart, type Json, type JsonObject, largeMark, mentionsLarge, type Plan } from '@treadle/workflow';
import { type FileFinder, resolveFiles } from '../files/start-files.js';
import type { RunFacts, StartKey } from './run-journal.js';

/** A start of which everything that can be wrong with the request itself was checked. */
export interface CheckedStart {
  readonly request: StartRunRequest;
  readonly version: number;
  readonly plan: Plan;
  readonly inputs: JsonObject;
  /** Those that came with the question. */
  readonly files: readonly FileValue[];
  /** The node that a trigger begins it at; absent for the start node. */
  readonly entry?: string;
  readonly key?: StartKey;
}

/**
 * What a caller starts a run with, as the start node declares it, with files in the place of what names them.
 * @throws FailureError `invalid_inputs` naming all that is wrong, `workflow_not_runnable` without a start node
 */
export async function calledWith(
  finder: FileFinder,
  plan: Plan,
  { tenantId, inputsJson, filesJson, user }: StartRunRequest,
): Promise<Pick<CheckedStart, 'inputs' | 'files'>> {
  if (!hasStart(plan)) throw withoutStart(plan);
  const inputs = checkedInputs(plan, givenInputs(inputsJson));
  const theirs: FileFinder = { find: (tenant, ids) => finder.find(tenant, ids, user) };
  return resolveFiles(theirs, tenantId, startOf(plan), inputs, JSON.parse(filesJson || '[]') as Json[]);
}

/** The inputs in a request. @throws FailureError `invalid_inputs` */
export function givenInputs(inputsJson: string): JsonObject {
  const given = JSON.parse(inputsJson || '{}') as JsonObject;
  if (!mentionsLarge(given)) return given;
  // It would pass for a reference of our own.
  const message = `No member of the inputs may be called "${largeMark}". Choose another name.`;
  throw FailureError.of('invalid_inputs', message, { field: 'inputs' });
}

/** Inputs as the start node declares them, with its defaults. @throws FailureError `invalid_inputs` naming all that is wrong */
export function checkedInputs(plan: Plan, inputs: JsonObject): JsonObject {
  const checked = checkInputs(startOf(plan), inputs);
  if (checked.inputs) return checked.inputs;
  const [first] = checked.problems;
  throw FailureError.of('invalid_inputs', first?.message ?? 'The inputs do not fit the start node.', {
    field: first ? `inputs.${first.field}` : 'inputs',
    details: { problems: checked.problems },
  });
}

/** The configuration of the start node of a plan that has one. */
export function startOf(plan: Plan): StartConfig {
  return plan.nodes.get(plan.entry)?.config as StartConfig;
}

function withoutStart({ nodes, entry, entries = [entry] }: Plan): FailureError {
  const names = entries.map((id) => `"${id}" (${nodes.get(id)?.type ?? ''})`).join(', ');
  return FailureError.of(
    'workflow_not_runnable',
    `This workflow is begun by its triggers only: ${names}. Give it a start node to start it by a call.`,
    { field: 'workflow_id' },
  );
}

/** The facts of a run from its request, but for what depends on where it runs. */
export function factsOf(
  { request, version }: CheckedStart,
  place: Pick<RunFacts, 'id' | 'partition' | 'createdAt' | 'conversationId' | 'turn'>,
): RunFacts {
  const { tenantId, workflowId, user, traceparent } = request;
  return { tenantId, workflowId, version, user, traceparent, ...place };
}

/** The scope `sys` of a run. `dialogue_count` is 1 in the first turn of a conversation. */
export function sysOf(facts: RunFacts, { request, files }: Pick<CheckedStart, 'request' | 'files'>): JsonObject {
  return {
    query: request.query,
    files,
    conversation_id: facts.conversationId,
    ...(facts.turn === 0 ? {} : { dialogue_count: facts.turn }),
    user_id: facts.user,
    app_id: facts.workflowId,
    workflow_id: facts.workflowId,
    workflow_run_id: facts.id,
    timestamp: Math.floor(facts.createdAt / 1000),
  };
}
