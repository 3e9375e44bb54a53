import { FailureError } from '@treadle/failure';
import type { ToolsetKind } from '../../domain/toolset-kind.js';
import { builtinTools } from '../../tools/catalog.js';

/** The tools of our own: every tenant has them, without registering anything. */
export const builtin = {
  kind: 'builtin',
  discover: async () => ({
    tools: Object.entries(builtinTools).map(([name, { description, parameters, mutating }]) => ({
      name,
      description,
      parameters,
      mutating,
      repeatable: !mutating,
      invocation: {},
    })),
    hosts: [],
    warnings: [],
    settings: {},
  }),
  call: async ({ name }, _settings, args, world) => {
    const tool = builtinTools[name];
    if (tool) return tool.call(args, world);
    throw FailureError.of('tool_not_found', `There is no built-in tool "${name}".`);
  },
} as const satisfies ToolsetKind;
