import type { Reference } from '@treadle/workflow';
import { z } from 'zod';
import { defineControlNode } from '../define-node.js';
import { selectorReference, selectorSchema } from '../fields.js';
import { settleAssigner } from './assigner.route.js';

export const operations = [
  'over-write',
  'set',
  'clear',
  'append',
  'extend',
  '+=',
  '-=',
  '*=',
  '/=',
  'remove-first',
  'remove-last',
] as const;

const itemSchema = z.object({
  /** The variable written: one of the conversation, or of a loop around the node. */
  variable_selector: selectorSchema,
  operation: z.enum(operations).default('over-write'),
  input_type: z.enum(['variable', 'constant']).default('variable'),
  /** A selector or a constant, as `input_type` says; unused by `clear` and the two that remove. */
  value: z.json().nullish(),
  /** The declared type of the variable, filled in when the workflow is compiled. */
  variable_type: z.string().nullish(),
});

export const assignerConfigSchema = z.object({ items: z.array(itemSchema).default([]) });

export type AssignerConfig = z.infer<typeof assignerConfigSchema>;
export type AssignerItem = AssignerConfig['items'][number];

export const assigner = defineControlNode<AssignerConfig>({
  type: 'assigner',
  group: 'logic',
  title: 'Assigner',
  summary: 'Gives variables of the conversation, or of a loop, new values.',
  config: assignerConfigSchema,
  complete: (config, { typeOf }) => ({
    items: config.items.map((item) => ({ ...item, variable_type: typeOf(item.variable_selector) })),
  }),
  reads: (config) => config.items.flatMap(valueReads),
  writes: (config) =>
    config.items.flatMap(({ variable_selector }, index) =>
      selectorReference(variable_selector, `items[${index}].variable_selector`),
    ),
  handles: () => ['source'],
  outputs: () => [],
  settle: settleAssigner,
});

function valueReads(item: AssignerItem, index: number): Reference[] {
  const selector = selectorOf(item);
  return selector ? selectorReference(selector, `items[${index}].value`) : [];
}

/** The operations that take a value from elsewhere. */
export function takesValue({ operation }: AssignerItem): boolean {
  return operation !== 'clear' && operation !== 'remove-first' && operation !== 'remove-last';
}

/** Where an item's value comes from; `undefined` when it is a constant or none is taken. */
export function selectorOf(item: AssignerItem) {
  if (item.input_type !== 'variable' || !takesValue(item)) return undefined;
  return selectorSchema.safeParse(item.value).data;
}
