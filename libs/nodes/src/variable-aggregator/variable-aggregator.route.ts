import type { Json, Read, Selector, Settlement } from '@treadle/workflow';
import type { VariableAggregatorConfig } from './variable-aggregator.descriptor.js';

/** Without groups the output is the value itself, with groups an object `{ output }` under each group's name. What has no value is left out. */
export function settleVariableAggregator(config: VariableAggregatorConfig, read: Read): Settlement {
  const groups = groupsOf(config);
  if (groups === undefined) return { outputs: outputOf(config.variables, read) ?? {} };
  const outputs = groups.flatMap(({ group_name, variables }) => {
    const output = outputOf(variables, read);
    return output === undefined ? [] : [[group_name, output] as const];
  });
  return { outputs: Object.fromEntries(outputs) };
}

function outputOf(selectors: readonly Selector[], read: Read): { readonly output: Json } | undefined {
  for (const selector of selectors) {
    const output = read(selector);
    if (output !== undefined) return { output };
  }
  return undefined;
}

/** The groups, when the node is set to use them. */
export function groupsOf({ advanced_settings }: VariableAggregatorConfig) {
  return advanced_settings?.group_enabled === true ? advanced_settings.groups : undefined;
}
