import { type Failure, FailureError, toFailure } from '@treadle/failure';
import type { EndedRound, Json, JsonObject, Opening, Read, RoundResult, Settlement } from '@treadle/workflow';
import type { Condition } from '../conditions/condition.js';
import { allOrAny, conditionHolds } from '../conditions/holds.js';
import { selectorSchema } from '../fields.js';
import { constantValue, fitsType } from '../variable-types.js';
import type { LoopConfig, LoopVariable } from './loop.descriptor.js';

/** One round after the other, with the loop's variables as they begin. */
export function openLoop(config: LoopConfig, read: Read): Opening | { readonly failure: Failure } {
  try {
    const variables = config.loop_variables.map((variable) => [variable.label, firstValue(variable, read)] as const);
    return { rounds: config.loop_count, parallel: 1, variables: Object.fromEntries(variables) };
  } catch (error) {
    return { failure: toFailure(error) };
  }
}

function firstValue({ label, var_type, value_type, value }: LoopVariable, read: Read): Json {
  const selector = value_type === 'variable' ? selectorSchema.safeParse(value) : undefined;
  const first =
    selector === undefined ? constantValue(var_type, value) : selector.success ? read(selector.data) : undefined;
  if (first === undefined) {
    throw FailureError.of('value_missing', `The loop variable "${label}" begins with a value that is not there.`);
  }
  if (fitsType(var_type, first)) return first;
  throw FailureError.of(
    'node_configuration',
    `The loop variable "${label}" is declared as ${var_type}, but begins with something else. Change its type or its value.`,
  );
}

/** The last round is the one in which a loop-end was reached, or after which the conditions hold. */
export function endLoopRound(
  config: LoopConfig,
  { read, completed }: EndedRound,
): { readonly output: Json; readonly stop: boolean } | { readonly failure: Failure } {
  try {
    const { break_conditions: conditions, logical_operator: operator } = config;
    const holds = conditions.length > 0 && allOrAny(operator, conditions, (condition) => isMet(condition, read));
    return { output: null, stop: holds || completed('loop-end') };
  } catch (error) {
    return { failure: toFailure(error) };
  }
}

/** What a branch gives that this round did not take is no reason to end, nor to fail. */
function isMet(condition: Condition, read: Read): boolean {
  try {
    return conditionHolds(condition, read);
  } catch (error) {
    if (error instanceof FailureError && error.failure.code === 'value_missing') return false;
    throw error;
  }
}

export function closeLoop(_config: LoopConfig, rounds: readonly RoundResult[], variables: JsonObject): Settlement {
  return { outputs: { ...variables, loop_round: rounds.length } };
}
