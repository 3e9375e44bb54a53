import { z } from 'zod';
import { defineTaskNode } from '../define-node.js';
import { windowOf } from '../memory.js';
import { agentConfigSchema, agentReads } from './agent.descriptor.js';

export const thinkConfigSchema = agentConfigSchema.extend({
  /** The agent it belongs to. */
  agent: z.string(),
});

export type ThinkConfig = z.infer<typeof thinkConfigSchema>;

export const agentThink = defineTaskNode<ThinkConfig>({
  type: 'agent-think',
  group: 'model',
  within: ['agent'],
  title: 'Think',
  summary: 'Asks the model of an agent what to do next.',
  pool: 'default',
  timeoutSeconds: 600,
  config: thinkConfigSchema,
  reads: (config) => [
    ...['transcript', 'results', 'used', 'index'].map((name) => ({
      selector: [config.agent, name] as const,
      field: name,
    })),
    ...agentReads(config),
  ],
  writes: ({ agent }) => ['transcript', 'used'].map((name) => ({ selector: [agent, name] as const, field: name })),
  handles: () => ['source', 'calls'],
  outputs: () => ['text', 'thought', 'done', 'calls', 'parallel', 'usage'],
  history: ({ memory }) => (memory ? windowOf(memory) : undefined),
});
