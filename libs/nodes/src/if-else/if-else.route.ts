import { toFailure } from '@treadle/failure';
import type { Read, Settlement } from '@treadle/workflow';
import { allOrAny, conditionHolds } from '../conditions/holds.js';
import type { IfElseConfig } from './if-else.descriptor.js';

/** The branch taken when no case holds. */
export const elseHandle = 'false';

export function settleIfElse(config: IfElseConfig, read: Read): Settlement {
  try {
    const taken = config.cases.find((item) =>
      allOrAny(item.logical_operator, item.conditions, (condition) => conditionHolds(condition, read)),
    );
    const handle = taken?.case_id ?? elseHandle;
    return { outputs: { result: taken !== undefined, selected_case_id: handle }, handle };
  } catch (error) {
    return { failure: toFailure(error) };
  }
}
