import { z } from 'zod';
import { defineControlNode } from '../define-node.js';
import { handedOnReference, selectorSchema } from '../fields.js';
import { groupsOf, settleVariableAggregator } from './variable-aggregator.route.js';

const groupSchema = z.object({
  group_name: z.string().min(1).max(100),
  output_type: z.string().nullish(),
  variables: z.array(selectorSchema).default([]),
});

export const variableAggregatorConfigSchema = z.object({
  /** Candidates in order; the first that has a value is taken. */
  variables: z.array(selectorSchema).default([]),
  output_type: z.string().nullish(),
  advanced_settings: z
    .object({ group_enabled: z.boolean().default(false), groups: z.array(groupSchema).default([]) })
    .nullish(),
});

export type VariableAggregatorConfig = z.infer<typeof variableAggregatorConfigSchema>;

export const variableAggregator = defineControlNode<VariableAggregatorConfig>({
  type: 'variable-aggregator',
  group: 'logic',
  title: 'Variable aggregator',
  summary: 'Joins branches: takes the first value that is there.',
  config: variableAggregatorConfigSchema,
  reads: (config) => {
    const groups = groupsOf(config);
    const fields =
      groups === undefined
        ? [{ variables: config.variables, path: 'variables' }]
        : groups.map((group, index) => ({
            variables: group.variables,
            path: `advanced_settings.groups[${index}].variables`,
          }));
    return fields.flatMap(({ variables, path }) =>
      variables.flatMap((selector, index) => handedOnReference(selector, `${path}[${index}]`)),
    );
  },
  handles: () => ['source'],
  outputs: (config) => groupsOf(config)?.map((group) => group.group_name) ?? ['output'],
  settle: settleVariableAggregator,
});
