import type { Reference } from '@treadle/workflow';
import { z } from 'zod';
import { conditionReads, conditionSchema, logicalOperatorSchema } from '../conditions/condition.js';
import { defineContainerNode, defineControlNode } from '../define-node.js';
import { selectorReference, selectorSchema } from '../fields.js';
import { closeLoop, endLoopRound, openLoop } from './loop.rounds.js';

const loopVariableSchema = z.object({
  label: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, 'use a name of letters, digits and "_"'),
  /** Like `array[string]`. */
  var_type: z.string().default('string'),
  value_type: z.enum(['variable', 'constant']).default('constant'),
  /** What it begins with: a selector for a variable, the value itself for a constant. */
  value: z.json().default(null),
});

export const loopConfigSchema = z.object({
  /** The most rounds. */
  loop_count: z.coerce.number().int().min(1).max(100_000),
  /** Tested after each round; the loop ends when they hold. */
  break_conditions: z.array(conditionSchema).default([]),
  logical_operator: logicalOperatorSchema,
  /** What rounds hand on to each other, written by an assigner inside. */
  loop_variables: z.array(loopVariableSchema).default([]),
  /** Where rounds begin when no loop-start is inside. */
  start_node_id: z.string().nullish(),
});

export type LoopConfig = z.infer<typeof loopConfigSchema>;
export type LoopVariable = z.infer<typeof loopVariableSchema>;

export const loop = defineContainerNode<LoopConfig>({
  type: 'loop',
  group: 'logic',
  title: 'Loop',
  summary: 'Runs what is inside again and again, until a condition holds.',
  config: loopConfigSchema,
  reads: (config) => config.loop_variables.flatMap(variableReads),
  readsInside: (config) =>
    config.break_conditions.flatMap((condition, index) => conditionReads(condition, `break_conditions[${index}]`)),
  locals: (config) => [...config.loop_variables.map(({ label }) => label), 'index'],
  variables: (config) => Object.fromEntries(config.loop_variables.map(({ label, var_type }) => [label, var_type])),
  handles: () => ['source'],
  outputs: (config) => [...config.loop_variables.map(({ label }) => label), 'loop_round'],
  startsAt: (config) => config.start_node_id ?? undefined,
  open: openLoop,
  endRound: endLoopRound,
  survives: () => false,
  close: closeLoop,
});

function variableReads({ value_type, value }: LoopVariable, index: number): Reference[] {
  const selector = value_type === 'variable' ? selectorSchema.safeParse(value) : undefined;
  return selector?.success ? selectorReference(selector.data, `loop_variables[${index}].value`) : [];
}

const marker = {
  group: 'logic',
  within: ['loop'],
  config: z.object({}),
  reads: () => [],
  outputs: () => [],
  settle: () => ({ outputs: {} }),
} as const;

export const loopStart = defineControlNode({
  ...marker,
  type: 'loop-start',
  group: 'entry',
  title: 'Loop start',
  summary: 'Where each round of a loop begins.',
  handles: () => ['source'],
});

export const loopEnd = defineControlNode({
  ...marker,
  type: 'loop-end',
  title: 'Loop end',
  summary: 'Makes the round it is reached in the last one.',
  handles: () => [],
});
