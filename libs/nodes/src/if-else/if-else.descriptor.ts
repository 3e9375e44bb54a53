import { z } from 'zod';
import { conditionReads, conditionSchema, logicalOperatorSchema } from '../conditions/condition.js';
import { defineControlNode } from '../define-node.js';
import { elseHandle, settleIfElse } from './if-else.route.js';

export const ifElseConfigSchema = z.object({
  cases: z
    .array(
      z.object({
        /** The branch taken when the case holds. */
        case_id: z.string().min(1).max(100),
        logical_operator: logicalOperatorSchema,
        conditions: z.array(conditionSchema).default([]),
      }),
    )
    .default([]),
});

export type IfElseConfig = z.infer<typeof ifElseConfigSchema>;

export const ifElse = defineControlNode<IfElseConfig>({
  type: 'if-else',
  group: 'logic',
  title: 'If / else',
  summary: 'Takes the branch of the first case that holds.',
  config: ifElseConfigSchema,
  reads: (config) =>
    config.cases.flatMap((item, index) =>
      item.conditions.flatMap((condition, place) => conditionReads(condition, `cases[${index}].conditions[${place}]`)),
    ),
  handles: (config) => [...config.cases.map((item) => item.case_id), elseHandle],
  outputs: () => ['result', 'selected_case_id'],
  settle: settleIfElse,
});
