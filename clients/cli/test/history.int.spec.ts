import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { advance, newRun } from '@treadle/engine';
import { catalog } from '@treadle/nodes';
import { compile, documentSchema } from '@treadle/workflow';
import { describe, expect, it, onTestFinished } from 'vitest';
import { treadle } from './treadle-command.js';

const document = documentSchema.parse({
  format: 'treadle/v1',
  name: 'echo',
  nodes: [
    { id: 'start', type: 'start', config: { variables: [{ variable: 'name', type: 'text-input' }] } },
    { id: 'end', type: 'end', config: { outputs: [{ variable: 'said', value_selector: ['start', 'name'] }] } },
  ],
  edges: [{ source: 'start', target: 'end' }],
});

/** The lines of a run that said what it was given, or something else. */
function historyText(said = 'Ada'): string {
  const { plan } = compile(document, catalog);
  const input = {
    type: 'start',
    at: 1000,
    inputs: { name: 'Ada' },
    sys: {},
    environment: {},
    conversation: {},
  } as const;
  const { events } = advance(plan!, catalog, newRun, input);
  const head = {
    format: 'treadle-history/v1',
    run: { id: 'r1' },
    workflows: [{ id: 'w', version: 1, format: 'treadle', document }],
  };
  const lines = events.map((event, index) => ({ sequence: index + 1, at: new Date(1000).toISOString(), event }));
  return [head, ...lines]
    .map((line) => `${JSON.stringify(line)}\n`)
    .join('')
    .replaceAll('"said":"Ada"', `"said":"${said}"`);
}

describe('treadle runs history', () => {
  it('writes what the server sends, to a file too', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'treadle-cli-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const text = historyText();
    const answers = {
      'GET /api/v1/runs/r1/history': (_: unknown, response: { end: (text: string) => void }) => response.end(text),
    };
    expect((await treadle(['runs', 'history', 'r1'], { answers })).stdout).toBe(text);
    const file = join(folder, 'run.ndjson');
    expect((await treadle(['runs', 'history', 'r1', '--output', file], { answers })).code).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe(text);
  });
});

describe('treadle runs replay', () => {
  it('finds no difference in what this engine decided', async () => {
    const { stdout, code, asked } = await treadle(['runs', 'replay', '-'], { input: historyText() });
    expect([stdout, code, asked]).toEqual(['4 events, no difference.\n', 0, []]);
  });

  it('tells the first event that is decided otherwise, and what was expected', async () => {
    const { stdout, stderr, code } = await treadle(['runs', 'replay', '-'], { input: historyText('Eve') });
    expect(stdout).toMatch(/^event 3\nexpected: .*"said":"Eve".*\ndecided: {2}.*"said":"Ada".*\n$/);
    expect([stderr, code]).toEqual([expect.stringContaining('Event 3 is decided otherwise'), 5]);
  });

  it('refuses what is no history', async () => {
    const { stderr, code } = await treadle(['runs', 'replay', '-'], { input: '{"a":1}\n' });
    expect([stderr, code]).toEqual([expect.stringContaining('This is no history'), 2]);
  });
});
