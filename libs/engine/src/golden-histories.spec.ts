import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { catalog, compiled, drawWorkflow, randomFrom, World } from '@treadle/testing/drawing';
import { documentSchema } from '@treadle/workflow';
import { describe, expect, it } from 'vitest';
import { type Recorded, UnrulyRun } from '../test/unruly-run.js';
import { advance, engineVersion, newRun, outstanding, replay } from './index.js';

const folder = fileURLToPath(new URL(`./__fixtures__/histories/v${engineVersion}/`, import.meta.url));
const count = 64;

/** One line for the document, then one for each input with what was decided upon it. */
function record(seed: number): void {
  const path = `${folder}${String(seed).padStart(2, '0')}.ndjson`;
  if (existsSync(path)) return;
  const random = randomFrom(seed);
  const drawing = drawWorkflow(random, 2 + (seed % 5));
  const { decisions } = new UnrulyRun(drawing, new World(seed), random).finish();
  writeFileSync(path, [drawing.document, ...decisions].map((line) => `${JSON.stringify(line)}\n`).join(''));
}

// What was recorded once is never written again: a change of behaviour needs a new version of the engine.
if (process.env['TREADLE_RECORD_HISTORIES']) {
  mkdirSync(folder, { recursive: true });
  for (let seed = 0; seed < count; seed++) record(seed);
}

describe('a recorded history', () => {
  const names = readdirSync(folder);

  it('is one of many', () => expect(names.length).toBeGreaterThanOrEqual(60));

  it.each(names)('%s leads to the same events and commands as when it was recorded', (name) => {
    const [first = '', ...lines] = readFileSync(folder + name, 'utf8')
      .trimEnd()
      .split('\n');
    const plan = compiled(documentSchema.parse(JSON.parse(first)));
    let state = newRun;
    for (const line of lines) {
      const { input, events, commands } = JSON.parse(line) as Recorded;
      const decision = advance(plan, catalog, state, input);
      expect(JSON.parse(JSON.stringify({ events: decision.events, commands: decision.commands }))).toEqual({
        events,
        commands,
      });
      state = replay(events, state);
      expect(outstanding(state)).toEqual(outstanding(decision.state));
    }
    expect(outstanding(state)).toEqual([]);
  });
});
