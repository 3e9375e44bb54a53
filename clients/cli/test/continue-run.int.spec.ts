import { describe, expect, it } from 'vitest';
import { type Answer, refuse, sendEvents } from './api-server.js';
import { treadle } from './treadle-command.js';

const begun = { id: 'r2', workflow_id: 'w', version: 1, status: 'running', created_at: 'today' };
const events = [{ event: 'run-completed', id: '1.0', data: { outputs: { answer: 'done' } } }];
const answers: Record<string, Answer> = {
  'POST /api/v1/runs/r1/resume': () => begun,
  'POST /api/v1/runs/r1/rerun': () => begun,
  'GET /api/v1/runs/r2/events': (_asked, response) => sendEvents(response, events),
  'GET /api/v1/runs/r2': () => ({ ...begun, status: 'completed', outputs: { answer: 'done' } }),
};

describe('treadle runs resume', () => {
  it('says which run goes on, and follows it to its end', async () => {
    const parameters = ['runs', 'resume', 'r1', '--input', 'a=x', '--variable', 'n:=1', '--version', 'latest'];
    const { stdout, stderr, code, asked } = await treadle(parameters, { answers });
    expect({ stdout, stderr, code }).toEqual({ stdout: 'done\n', stderr: 'Run r2\n', code: 0 });
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual({
      inputs: { a: 'x' },
      variables: { n: 1 },
      version: 'latest',
      mode: 'async',
    });
    expect(asked[0]?.headers).toMatchObject({ 'idempotency-key': expect.any(String) });
  });

  it('shows every reason for a refusal', async () => {
    const why = [{ code: 'resume_refused', node: 'a', message: 'Node a is finished.' }];
    const refused = refuse(409, { code: 'resume_refused', message: 'Version 2 differs.', errors: why });
    const { stderr, code } = await treadle(['runs', 'resume', 'r1', '--version', '2'], {
      answers: { 'POST /api/v1/runs/r1/resume': refused },
    });
    expect(stderr).toContain('Node a is finished.');
    expect(code).not.toBe(0);
  });

  it('takes no version that is none', async () => {
    const { stderr, code } = await treadle(['runs', 'resume', 'r1', '--version', 'newest'], { answers });
    expect(stderr).toContain('"newest"');
    expect(code).toBe(2);
  });
});

describe('treadle runs rerun', () => {
  it('begins at the named node', async () => {
    const { stdout, asked } = await treadle(['runs', 'rerun', 'r1', '--from', 'each[3]/llm', '--async'], { answers });
    expect(stdout).toBe('r2\n');
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual({ node: 'each[3]/llm', mode: 'async' });
  });
});
