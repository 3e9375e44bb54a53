import { describe, expect, it } from 'vitest';
import { chatWork } from './call-work.js';
import type { ChatQuestion } from './question.js';

const plan = { targets: [], route: '', rules: undefined, warnings: [] };
const question: ChatQuestion = {
  wanted: { provider: 'own', model: 'small' },
  route: '',
  hint: '',
  routingKey: '',
  spender: { tenantId: 'acme', workflowId: '', runId: 'r1', nodeKey: 'n1', apiKeyId: '' },
  messages: [{ role: 'user', text: 'Hello' }],
  parameters: {},
  idempotencyKey: 'r1/n1',
  deadlineUnixMs: 0,
};

describe('what a chat is billed under', () => {
  it.each([
    [true, 'r1/n1'],
    [false, ''],
  ])('has the key of its repeats only where the provider merges them: %s', (mergesRepeats, idempotencyKey) => {
    const work = chatWork(question, { plan, patience: { firstTokenMs: 1, silenceMs: 1 } });
    const served = { provider: 'own', kind: 'openai-compatible', model: 'small', mergesRepeats };
    expect(work.billable(served)).toMatchObject({ provider: 'own', idempotencyKey });
  });
});
