import { retryPolicySchema } from '@treadle/workflow';
import { z } from 'zod';
import { defineTaskNode } from '../define-node.js';

const callConfigSchema = z.object({
  tool_timeout_seconds: z.number().positive(),
  max_result_characters: z.number().positive(),
  /** Of the agent; absent tries once. */
  retry: retryPolicySchema.nullish(),
});

export type CallConfig = z.infer<typeof callConfigSchema>;

export const agentCall = defineTaskNode<CallConfig>({
  type: 'agent-call',
  group: 'tool',
  within: ['agent-calls'],
  title: 'Call',
  summary: 'Makes one call of an agent.',
  pool: 'default',
  timeoutSeconds: 150,
  config: callConfigSchema,
  reads: () => [
    { selector: ['@calls', 'item'], field: 'calls.item' },
    { selector: ['@ask', 'approved'], field: 'ask.approved' },
  ],
  handles: () => ['source'],
  outputs: () => ['text', 'is_error', 'files'],
});
