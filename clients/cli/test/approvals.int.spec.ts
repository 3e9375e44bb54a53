import { describe, expect, it } from 'vitest';
import { refuse } from './api-server.js';
import { treadle } from './treadle-command.js';

const approval = {
  token: 'secret-token',
  url: 'http://127.0.0.1:8080/approvals/secret-token',
  status: 'pending',
  run_id: 'r1',
  title: 'Refund',
  form: {
    content: 'Refund 12 EUR?',
    fields: [{ name: 'size', type: 'select', options: ['S', 'L'] }],
    actions: [
      { id: 'yes', title: 'Pay' },
      { id: 'no', title: 'Refuse' },
    ],
  },
  due_at: '2030-01-01T00:00:00.000Z',
  answer: null,
};
const path = '/api/v1/approvals/secret-token';

describe('treadle approvals', () => {
  it('lists what is asked', async () => {
    const answers = { 'GET /api/v1/approvals': () => ({ items: [approval], next_cursor: null }) };
    const { stdout, code, asked } = await treadle(['approvals', 'list', '--run', 'r1', '--status', 'pending'], {
      answers,
    });
    expect(stdout).toBe(
      'TOKEN         ASKS    STATUS   RUN  DUE\nsecret-token  Refund  pending  r1   2030-01-01T00:00:00.000Z\n',
    );
    expect([code, asked[0]?.url.search]).toEqual([0, '?run_id=r1&status=pending&limit=20']);
  });

  it('shows what can be answered', async () => {
    const { stdout } = await treadle(['approvals', 'show', 'secret-token'], {
      answers: { [`GET ${path}`]: () => approval },
    });
    for (const part of ['Refund 12 EUR?', 'size (select: S, L)', 'Actions: yes, no', approval.url])
      expect(stdout).toContain(part);
  });

  it('answers with values and a name', async () => {
    const answer = [
      'approvals',
      'answer',
      'secret-token',
      '--action',
      'yes',
      '--value',
      'size=L',
      '--value',
      'n:=1',
      '--by',
      'Ada',
    ];
    const { stdout, asked } = await treadle(answer, { answers: { [`POST ${path}`]: () => approval } });
    expect(stdout).toBe('Answered "yes". Run r1 goes on.\n');
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual({ action: 'yes', values: { size: 'L', n: 1 }, by: 'Ada' });
  });

  it('says who was faster', async () => {
    const refused = refuse(409, { code: 'already_answered', message: 'Grace answered "no".' });
    const { stderr, code } = await treadle(['approvals', 'answer', 'secret-token', '--action', 'yes'], {
      answers: { [`POST ${path}`]: refused },
    });
    expect([stderr, code]).toEqual([expect.stringContaining('Grace answered "no".'), 3]);
  });
});
