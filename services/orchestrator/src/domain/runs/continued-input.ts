import type { ResumeRunRequest } from '@treadle/contracts';
import { type FirstInput, type KeptEvent, withoutAssigned } from '@treadle/engine';
import { FailureError } from '@treadle/failure';
import type { JsonObject, Plan } from '@treadle/workflow';
import type { RunFacts } from './run-journal.js';
import type { Origin } from './run-origin.js';

/** How a run that continues another one begins: what it takes over, and the values it goes on with. */
interface Continuing {
  /** The node that the origin began at. */
  readonly entry: string;
  readonly kept: readonly KeptEvent[];
  readonly inputs: JsonObject;
  readonly request: Pick<ResumeRunRequest, 'variablesJson'>;
}

/**
 * Makes the first input of a run that continues another one.
 * @throws FailureError `invalid_argument` for a variable that the workflow does not have
 */
export function continuedInput(
  facts: RunFacts & Required<Pick<RunFacts, 'origin'>>,
  plan: Plan,
  { row, started }: Origin,
  { entry, kept, inputs, request }: Continuing,
): FirstInput {
  const replaced = checkedVariables(plan, request.variablesJson);
  const { kind } = facts.origin;
  // What may have happened outside must not happen twice: whoever goes on from a stopped run does so in its name.
  const effects = kind === 'resume' ? (started.origin?.effects ?? row.id) : facts.id;
  return {
    type: 'continue',
    at: facts.createdAt,
    origin: { run: row.id, kind, effects },
    kept: withoutAssigned(kept, new Set(Object.keys(replaced))),
    inputs,
    sys: { ...started.sys, workflow_run_id: facts.id },
    environment: plan.environment,
    conversation: { ...plan.conversation, ...started.conversation, ...replaced },
    ...(entry === plan.entry ? {} : { entry }),
  };
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
