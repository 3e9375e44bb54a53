import { execFileSync } from 'node:child_process';
import { ApiClient, type ImportedWorkflow, type Page, type Run, type Workflow } from '@treadle/cli';
import { describe, expect, it, onTestFinished } from 'vitest';
import { StandaloneProcess } from './src/standalone-system.js';

const hello = `
format: treadle/v1
name: hello
nodes:
  - id: start
    type: start
    config: { variables: [{ variable: name, required: true }] }
  - id: greet
    type: llm
    config: { model: { name: demo }, prompt_template: [{ role: user, text: 'Greet {{#start.name#}}.' }] }
  - id: end
    type: end
    config: { outputs: [{ variable: greeting, value_selector: [greet, text] }] }
edges:
  - { source: start, target: greet }
  - { source: greet, target: end }
`;

/** The processes below this one, and all below those. */
function descendantsOf(pid: number): number[] {
  const table = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  const rows = table
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const below = (parent: number): number[] =>
    rows.flatMap(([child, of]) => (of === parent && child ? [child, ...below(child)] : []));
  return below(pid);
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('standalone on a fresh folder', () => {
  it('says where it is and its key once, answers, keeps its data, and leaves nothing running', async () => {
    const standalone = await StandaloneProcess.prepare();
    onTestFinished(() => standalone.remove());
    const first = await standalone.start();
    await first.says(new RegExp(`^Treadle is ready at ${standalone.url}$`, 'm'));
    const [key] = await first.says(/\btk_[\w-]+/);
    const api = new ApiClient({ url: standalone.url, apiKey: key });

    const workflow = await api.send<ImportedWorkflow>('/api/v1/workflows', { method: 'POST', text: hello });
    const run = await api.send<Run>(`/api/v1/workflows/${workflow.id}/runs`, {
      method: 'POST',
      json: { inputs: { name: 'Ada' }, mode: 'wait' },
    });
    expect(run.status).toBe('completed');
    expect(run.outputs?.['greeting']).toContain('[demo model] You said: Greet Ada.');

    const family = [first.pid, ...descendantsOf(first.pid)];
    expect(family.length).toBeGreaterThan(1);
    expect(await standalone.end('SIGINT')).toBe(0);
    expect(family.filter(lives)).toEqual([]);

    const second = await standalone.start();
    await second.says(/Ctrl-C/);
    expect(second.stdout).not.toMatch(/tk_/);
    const { items } = await api.send<Page<Workflow>>('/api/v1/workflows');
    expect(items.map(({ id }) => id)).toEqual([workflow.id]);
    expect(await api.send<Run>(`/api/v1/runs/${run.id}`)).toMatchObject({ outputs: run.outputs });
  });
});
