import { expect, it } from 'vitest';
import { treadle } from './treadle-command.js';

const running = {
  ...{ id: 'e1', status: 'running', dry_run: false, found: null, left: null, cancelled_runs: 0 },
  ...{ not_covered: ['Backups.'], error: null },
};
const completed = {
  ...running,
  status: 'completed',
  found: { runs: 3, tool_calls: 1 },
  left: { runs: 0, tool_calls: 0 },
};

it('waits for an erasure and shows its report', async () => {
  const answers = { 'POST /api/v1/erasures': () => running, 'GET /api/v1/erasures/e1': () => completed };
  const { code, stdout, asked } = await treadle(['erase', '--end-user', 'ada'], { answers });
  expect(JSON.parse(asked[0]!.body)).toEqual({ end_user: 'ada', dry_run: false });
  expect([code, stdout]).toEqual([0, expect.stringMatching(/tool calls +1 +0[^]*Backups\.[^]*e1 is completed/)]);
});

it('asks for an end user', async () => {
  expect((await treadle(['erase'])).code).toBe(2);
});
