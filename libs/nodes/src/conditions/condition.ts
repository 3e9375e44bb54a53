import type { Reference } from '@treadle/workflow';
import { z } from 'zod';
import { selectorSchema, textReferences } from '../fields.js';

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
export type LogicalOperator = z.infer<typeof logicalOperatorSchema>;

export const logicalOperatorSchema = z.enum(['and', 'or']).default('and');

/** What to compare with: a text may hold references. */
export const expectedSchema = z
  .union([z.string(), z.number(), z.boolean(), z.array(z.union([z.string(), z.number(), z.boolean()]))])
  .nullish();

export const subConditionSchema = z.object({
  /** An attribute of a file, like `type` or `extension`. */
  key: z.string().min(1),
  comparison_operator: z.enum(comparisonOperators),
  value: expectedSchema,
});

export const conditionSchema = z.object({
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

export type Expected = z.infer<typeof expectedSchema>;
export type Condition = z.infer<typeof conditionSchema>;
export type SubCondition = z.infer<typeof subConditionSchema>;

/** Everything a condition selects. */
export function conditionReads(condition: Condition, field: string): Reference[] {
  const inside = condition.sub_variable_condition?.conditions ?? [];
  return [
    { selector: condition.variable_selector, field: `${field}.variable_selector` },
    ...expectedReads(condition.value, `${field}.value`),
    ...inside.flatMap(({ value }, index) =>
      expectedReads(value, `${field}.sub_variable_condition.conditions[${index}].value`),
    ),
  ];
}

/** The references inside what is compared with. */
export function expectedReads(expected: Expected, field: string): Reference[] {
  const texts = Array.isArray(expected) ? expected : [expected];
  return texts.flatMap((text) => (typeof text === 'string' ? textReferences(text, field) : []));
}
