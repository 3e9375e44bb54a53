import type { ComposedBody, ComposedNode, DocumentNode } from '@treadle/workflow';
import type { AgentConfig } from './agent.descriptor.js';

/** A call that the registry does not end in time is given up this much later, in seconds. */
const graceSeconds = 30;

/**
 * The body of an agent: one round is one question to the model and the calls it wants. Every node of it is a step in the journal, so
 * an agent goes on from its last one wherever it was stopped.
 *
 * think ─calls→ calls [ gate ─ask→ ask ─approve→ call ] → keep
 *                             └─────────call────────┘
 */
export function composeAgent(config: AgentConfig, { id, retry, pool }: DocumentNode): ComposedBody {
  const task = { ...(retry === undefined ? {} : { retry }), ...(pool === undefined ? {} : { pool }) };
  const { tool_timeout_seconds, max_result_characters, approval_timeout_seconds } = config;
  const call = { tool_timeout_seconds, max_result_characters, retry: retry ?? null };
  const nodes: ComposedNode[] = [
    { id: '@think', type: 'agent-think', title: 'Think', config: { ...config, agent: id }, ...task },
    { id: '@calls', type: 'agent-calls', title: 'Calls', config: {} },
    { id: '@gate', type: 'agent-gate', title: 'Gate', parent: '@calls', config: {} },
    { id: '@ask', type: 'agent-ask', title: 'Approval', parent: '@calls', config: { approval_timeout_seconds } },
    {
      id: '@call',
      type: 'agent-call',
      title: 'Call',
      parent: '@calls',
      config: call,
      timeout_seconds: tool_timeout_seconds + graceSeconds,
      ...task,
    },
    { id: '@keep', type: 'agent-keep', title: 'Keep', config: { agent: id } },
  ];
  const edges = [
    { source: '@think', source_handle: 'calls', target: '@calls' },
    { source: '@calls', source_handle: 'source', target: '@keep' },
    { source: '@gate', source_handle: 'ask', target: '@ask' },
    { source: '@gate', source_handle: 'call', target: '@call' },
    { source: '@ask', source_handle: 'approve', target: '@call' },
  ];
  return { nodes, edges };
}
