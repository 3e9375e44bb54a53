import { z } from 'zod';
import { defineContainerNode, defineControlNode } from '../define-node.js';
import { handedOnReference, selectorSchema } from '../fields.js';
import { closeIteration, openIteration } from './iteration.rounds.js';

export const iterationConfigSchema = z.object({
  /** The list whose items the rounds are for. */
  iterator_selector: selectorSchema,
  /** What each round gives: a value inside. */
  output_selector: selectorSchema,
  is_parallel: z.boolean().default(false),
  /** Rounds under way at once, if parallel. */
  parallel_nums: z.int().min(1).max(1000).default(10),
  /** When a round fails: the node fails, the round gives null, or the round is left out. */
  error_handle_mode: z.enum(['terminated', 'continue-on-error', 'remove-abnormal-output']).default('terminated'),
  /** When every round gives a list, their items become one list. */
  flatten_output: z.boolean().default(true),
  /** Where rounds begin when no iteration-start is inside. */
  start_node_id: z.string().nullish(),
});

export type IterationConfig = z.infer<typeof iterationConfigSchema>;

export const iteration = defineContainerNode<IterationConfig>({
  type: 'iteration',
  group: 'logic',
  title: 'Iteration',
  summary: 'Runs what is inside for each item of a list.',
  config: iterationConfigSchema,
  reads: (config) => handedOnReference(config.iterator_selector, 'iterator_selector'),
  readsInside: (config) => handedOnReference(config.output_selector, 'output_selector'),
  locals: () => ['item', 'index'],
  handles: () => ['source'],
  outputs: () => ['output'],
  startsAt: (config) => config.start_node_id ?? undefined,
  open: openIteration,
  endRound: (config, { read }) => ({ output: read(config.output_selector) ?? null }),
  survives: (config) => config.error_handle_mode !== 'terminated',
  close: closeIteration,
});

export const iterationStart = defineControlNode({
  type: 'iteration-start',
  group: 'entry',
  within: ['iteration'],
  title: 'Iteration start',
  summary: 'Where each round of an iteration begins.',
  config: z.object({}),
  reads: () => [],
  handles: () => ['source'],
  outputs: () => [],
  settle: () => ({ outputs: {} }),
});
