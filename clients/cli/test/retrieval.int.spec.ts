import { expect, it } from 'vitest';
import { treadle } from './treadle-command.js';

const space = { provider: '', model: 'letters', dimensions: 26 };
const running = {
  ...{ id: 'r1', space, status: 'running', phase: 'filling', points: 5, points_total: 9, report: null },
};
const status = (rebuild: object) => ({
  store: 'qdrant',
  ready: true,
  owed: 2,
  spaces: [{ space, serving: null }],
  rebuilds: [rebuild],
});
const counted = { organisation_id: 'default', dataset_id: 'd1', points: 4, missing: 1, extra: 0, stale: 2 };

it('follows a rebuild and fails where its checks do', async () => {
  const looks = [running, { ...running, status: 'failed', report: 'The copy finds too little.' }];
  const answers = {
    'POST /api/v1/retrieval/installation/rebuilds': () => ({ items: [running] }),
    'GET /api/v1/retrieval/installation/status': () => status(looks.length > 1 ? looks.shift()! : looks[0]!),
  };
  const { stdout, stderr, code, asked } = await treadle(['retrieval', 'rebuild', '--model', 'letters'], { answers });
  expect(JSON.parse(asked[0]!.body)).toEqual({ model: 'letters' });
  expect(stderr).toContain('letters: filling, 5 of 9 points');
  expect(stdout).toContain('The copy finds too little.');
  expect(code).toBe(1);
});

it('sums up a verification, and fails a dry run where anything differs', async () => {
  const answers = {
    'POST /api/v1/retrieval/verify': ({ body }: { readonly body: string }) => ({
      datasets: [counted],
      next_cursor: (JSON.parse(body) as { cursor: string }).cursor === '' ? 'more' : null,
    }),
  };
  const dry = await treadle(['retrieval', 'verify', '--dry-run', '--json'], { answers });
  expect(JSON.parse(dry.stdout)).toEqual({
    dry_run: true,
    datasets: [{ ...counted, points: 8, missing: 2, stale: 4 }],
  });
  expect([dry.code, dry.asked.length]).toEqual([1, 2]);
  const mended = await treadle(['retrieval', 'verify', '--dataset', 'd1'], { answers });
  expect(mended.stderr).toMatch(/4 points looked at[^]*6 points differed and are mended/);
  expect(JSON.parse(mended.asked[0]!.body)).toEqual({ dataset_ids: ['d1'], dry_run: false, cursor: '' });
  expect(mended.code).toBe(0);
});

it('says what the store lacks', async () => {
  const answers = { 'GET /api/v1/retrieval/status': () => status(running) };
  const { stdout } = await treadle(['retrieval', 'status'], { answers });
  expect(stdout).toMatch(/answers; 2 changes are owed[^]*letters +26 +lost[^]*letters +running +5 of 9/);
});
