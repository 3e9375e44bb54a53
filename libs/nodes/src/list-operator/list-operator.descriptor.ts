import { z } from 'zod';
import { comparisonOperators, expectedReads, expectedSchema } from '../conditions/condition.js';
import { defineControlNode } from '../define-node.js';
import { selectorReference, selectorSchema, textReferences } from '../fields.js';
import { settleListOperator } from './list-operator.route.js';

const enabled = z.boolean().default(false);

export const listOperatorConfigSchema = z.object({
  /** The list. */
  variable: selectorSchema,
  /** Keeps the items that fit all conditions. */
  filter_by: z
    .object({
      enabled,
      conditions: z
        .array(
          z.object({
            /** The attribute of each item that is looked at; empty looks at the item itself. */
            key: z.string().default(''),
            comparison_operator: z.enum(comparisonOperators),
            value: expectedSchema,
          }),
        )
        .default([]),
    })
    .nullish(),
  /** Keeps the item of that number, counted from 1; the number may hold references. */
  extract_by: z.object({ enabled, serial: z.union([z.string(), z.number()]).default('1') }).nullish(),
  /** Sorts by an attribute; empty sorts by the items themselves. */
  order_by: z.object({ enabled, key: z.string().default(''), value: z.enum(['asc', 'desc']).default('asc') }).nullish(),
  /** Keeps the first so many. */
  limit: z.object({ enabled, size: z.int().min(0).default(10) }).nullish(),
});

export type ListOperatorConfig = z.infer<typeof listOperatorConfigSchema>;

export const listOperator = defineControlNode<ListOperatorConfig>({
  type: 'list-operator',
  group: 'data',
  title: 'List operator',
  summary: 'Filters, picks, sorts and cuts a list.',
  config: listOperatorConfigSchema,
  reads: (config) => [
    ...selectorReference(config.variable, 'variable'),
    ...(config.filter_by?.conditions ?? []).flatMap(({ value }, index) =>
      expectedReads(value, `filter_by.conditions[${index}].value`),
    ),
    ...textReferences(String(config.extract_by?.serial ?? ''), 'extract_by.serial'),
  ],
  handles: () => ['source'],
  outputs: () => ['result', 'first_record', 'last_record'],
  settle: settleListOperator,
});
