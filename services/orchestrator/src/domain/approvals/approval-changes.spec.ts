import { advance, newRun } from '@treadle/engine';
import { failure } from '@treadle/failure';
import { catalog } from '@treadle/nodes';
import { compile, documentSchema } from '@treadle/workflow';
import { describe, expect, it } from 'vitest';
import type { RunFacts } from '../runs/run-journal.js';
import { approvalChanges } from './approval-changes.js';

const facts: RunFacts = {
  id: 'run',
  tenantId: 'tenant',
  workflowId: 'workflow',
  version: 1,
  partition: 0,
  createdAt: 0,
  conversationId: '',
  user: '',
  traceparent: '',
  turn: 0,
};

/** In each round somebody is asked while a model works. */
const document = documentSchema.parse({
  format: 'treadle/v1',
  name: 'rounds',
  nodes: [
    { id: 'start', type: 'start', config: { variables: [{ variable: 'name', type: 'text-input' }] } },
    { id: 'letters', type: 'text-splitter', config: { variable_selector: ['start', 'name'], chunk_size: 1 } },
    {
      id: 'each',
      type: 'iteration',
      config: {
        iterator_selector: ['letters', 'chunks'],
        output_selector: ['work', 'text'],
        error_handle_mode: 'continue-on-error',
      },
    },
    { id: 'first', type: 'template', parent: 'each', config: { template: 'x' } },
    { id: 'ask', type: 'human-input', title: 'Ask', parent: 'each', config: { user_actions: [{ id: 'yes' }] } },
    {
      id: 'work',
      type: 'llm',
      parent: 'each',
      config: { model: { provider: 'demo', name: 'demo' }, prompt_template: [{ role: 'user', text: 'x' }] },
      retry: { max_attempts: 1 },
    },
    { id: 'end', type: 'end' },
  ],
  edges: [
    { source: 'start', target: 'letters' },
    { source: 'letters', target: 'each' },
    { source: 'first', target: 'ask' },
    { source: 'first', target: 'work' },
    { source: 'each', target: 'end' },
  ],
});

describe('approvals of rounds', () => {
  it('are withdrawn with a round that failed, and opened anew for the next one', () => {
    const { plan, diagnostics } = compile(document, catalog);
    if (!plan) throw new Error(JSON.stringify(diagnostics));
    const given = { inputs: { name: 'ab' }, sys: {}, environment: {}, conversation: {} };
    const begun = advance(plan, catalog, newRun, { type: 'start', at: 1, ...given });
    const first = approvalChanges(facts, plan, newRun, begun);
    expect(first).toMatchObject({ opened: [{ key: 'each[0]/ask', title: 'Ask', tenantId: 'tenant' }], closed: [] });
    const outcome = { failure: failure('provider_rejected', 'no') };
    const result = { type: 'result', at: 2, key: 'each[0]/work', attempt: 1, outcome } as const;
    const failed = advance(plan, catalog, begun.state, result);
    const second = approvalChanges(facts, plan, begun.state, failed);
    expect(second).toMatchObject({
      opened: [{ key: 'each[1]/ask' }],
      closed: [{ key: 'each[0]/ask', status: 'withdrawn' }],
    });
    expect(second!.opened[0]!.token).not.toBe(first!.opened[0]!.token);
  });

  it('change nothing when a decision does not touch what is asked', () => {
    expect(approvalChanges(facts, undefined, newRun, { state: newRun, events: [] })).toBeUndefined();
  });
});
