import { z } from 'zod';
import { defineTaskNode } from '../define-node.js';
import { argumentReads, argumentsSchema } from './arguments.js';

export const toolConfigSchema = z.object({
  /** `builtin`, `workflow`, or a toolset that was registered. */
  toolset: z.string().min(1).max(200),
  tool: z.string().min(1).max(200),
  /** A version of the toolset; absent takes the one that serves at the time. */
  version: z.int().min(1).nullish(),
  arguments: argumentsSchema.default({}),
  /** Whether `json` is a list in which what the tool gave is an item, as imported workflows expect. */
  json_as_list: z.boolean().default(false),
  /** Whether a person agrees to the call first; follows from the node's `approval` and cannot be written here. */
  approved: z.boolean().default(false),
});

export type ToolConfig = z.infer<typeof toolConfigSchema>;

export const tool = defineTaskNode<ToolConfig>({
  type: 'tool',
  group: 'tool',
  title: 'Tool',
  summary: 'Calls a tool of the registry.',
  pool: 'default',
  timeoutSeconds: 300,
  config: toolConfigSchema,
  complete: (config, { guarded }) => ({ ...config, approved: guarded }),
  reads: (config) => argumentReads(config.arguments, 'arguments'),
  handles: () => ['source'],
  outputs: () => ['text', 'files', 'json'],
});
