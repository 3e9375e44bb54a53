import type { Reference } from '@treadle/workflow';
import { z } from 'zod';
import { defineControlNode } from '../define-node.js';
import { selectorSchema, textReferences } from '../fields.js';
import { elseHandle, settleIfElse } from './if-else.route.js';

export const comparisonOperators = [
  'contains',
  'not contains',
  'start with',
  'end with',
  'is',
  'is not',
  'empty',
  'not empty',
  'in',
  'not in',
  'all of',
  '=',
  '≠',
  '>',
  '<',
  '≥',
  '≤',
  'null',
  'not null',
  'exists',
  'not exists',
] as const;

export type ComparisonOperator = (typeof comparisonOperators)[number];

const logicalOperatorSchema = z.enum(['and', 'or']).default('and');

/** What to compare with: a text may hold references. */
const expectedSchema = z
  .union([z.string(), z.number(), z.boolean(), z.array(z.union([z.string(), z.number(), z.boolean()]))])
  .nullish();

const subConditionSchema = z.object({
  /** An attribute of a file, like `type` or `extension`. */
  key: z.string().min(1),
  comparison_operator: z.enum(comparisonOperators),
  value: expectedSchema,
});

const conditionSchema = z.object({
  variable_selector: selectorSchema,
  comparison_operator: z.enum(comparisonOperators),
  value: expectedSchema,
  /** Says for the editor what the variable holds; comparison goes by the value itself. */
  varType: z.string().nullish(),
  /** For lists of files: conditions over the attributes of each. */
  sub_variable_condition: z
    .object({ logical_operator: logicalOperatorSchema, conditions: z.array(subConditionSchema).default([]) })
    .nullish(),
});

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
export type Condition = z.infer<typeof conditionSchema>;
export type SubCondition = z.infer<typeof subConditionSchema>;

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

function conditionReads(condition: Condition, field: string): Reference[] {
  const inside = condition.sub_variable_condition?.conditions ?? [];
  return [
    { selector: condition.variable_selector, field: `${field}.variable_selector` },
    ...expectedReads(condition.value, `${field}.value`),
    ...inside.flatMap(({ value }, index) =>
      expectedReads(value, `${field}.sub_variable_condition.conditions[${index}].value`),
    ),
  ];
}

function expectedReads(expected: Condition['value'], field: string): Reference[] {
  const texts = Array.isArray(expected) ? expected : [expected];
  return texts.flatMap((text) => (typeof text === 'string' ? textReferences(text, field) : []));
}
