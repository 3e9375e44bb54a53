import { isJsonObject } from '@treadle/workflow';
import { z } from 'zod';
import { defineContainerNode } from '../define-node.js';
import { handedOnReference, namedSelectorSchema } from '../fields.js';
import { openSubWorkflow } from './sub-workflow.rounds.js';

export const subWorkflowConfigSchema = z.object({
  workflow_id: z.string().min(1),
  /** A version never changes, so neither does what this node does. */
  version: z.int().min(1).max(2_147_483_647),
  /** The inputs of that workflow, by name. */
  inputs: z.array(namedSelectorSchema).default([]),
});

export type SubWorkflowConfig = z.infer<typeof subWorkflowConfigSchema>;

/** One round of another workflow. It sees its inputs and nothing else of the run around it. */
export const subWorkflow = defineContainerNode<SubWorkflowConfig>({
  type: 'sub-workflow',
  group: 'logic',
  title: 'Sub-workflow',
  summary: 'Runs a version of another workflow and gives what that gives.',
  config: subWorkflowConfigSchema,
  reads: (config) =>
    config.inputs.flatMap(({ value_selector }, index) =>
      handedOnReference(value_selector, `inputs[${index}].value_selector`),
    ),
  readsInside: () => [],
  locals: () => [],
  workflow: (config) => ({ id: config.workflow_id, version: config.version }),
  handles: () => ['source'],
  outputs: () => 'open',
  open: openSubWorkflow,
  endRound: (_config, { outputs }) => ({ output: outputs() }),
  survives: () => false,
  close: (_config, [round]) => ({
    outputs: round !== undefined && 'output' in round && isJsonObject(round.output) ? round.output : {},
  }),
});
