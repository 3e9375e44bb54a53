import { readdirSync, readFileSync } from 'node:fs';
import { catalog, compiled } from '@treadle/testing/drawing';
import { documentSchema } from '@treadle/workflow';
import { describe, expect, it } from 'vitest';
import { Driver, planOf } from '../test/driver.js';
import type { Recorded } from '../test/unruly-run.js';
import { type RecordedEvent, type RunEvent, verifyHistory } from './index.js';

const folder = new URL('./__fixtures__/histories/v1/', import.meta.url);

/** A recorded history as it is exported: its events with the moments of their commits, and nothing of its inputs. */
function recordedRun(name: string, commitDelayMs: number) {
  const [first = '', ...lines] = readFileSync(new URL(name, folder), 'utf8').trimEnd().split('\n');
  const decisions = lines.map((line) => JSON.parse(line) as Recorded);
  const moments = decisions.flatMap(({ input, events }) =>
    events.map((event) => ({ at: input.at + commitDelayMs, event })),
  );
  const plan = compiled(documentSchema.parse(JSON.parse(first)));
  return { plan, history: moments.map((moment, index) => ({ ...moment, sequence: index + 1 })) };
}

const nodes = [{ id: 'start', type: 'start' }, { id: 'a' }, { id: 'b' }, { id: 'end', type: 'end' }];

function historyOf(events: readonly RunEvent[], at = 0): RecordedEvent[] {
  return events.map((event, index) => ({ sequence: index + 1, at, event }));
}

describe('verifying a history', () => {
  const names = readdirSync(folder);

  it.each(names)('derives what was given to %s from its events, and decides the same', (name) => {
    const { plan, history } = recordedRun(name, 0);
    expect(verifyHistory(plan, catalog, history)).toBeUndefined();
  });

  it('finds the moment of a decision that was committed later', () => {
    for (const name of names.slice(0, 20)) {
      const { plan, history } = recordedRun(name, 1);
      expect(verifyHistory(plan, catalog, history)).toBeUndefined();
    }
  });

  it('names the first event that is decided otherwise today', () => {
    const before = planOf([{ id: 'start', type: 'start' }, { id: 'a' }, { id: 'end', type: 'end' }], 'start>a a>end');
    const run = new Driver(before);
    run.complete('a');
    const after = planOf(nodes, 'start>a a>b b>end');
    const history = historyOf(run.events);
    expect(verifyHistory(before, catalog, history)).toBeUndefined();
    const sequence = history.findIndex(({ event }) => event.type === 'node-completed' && event.key === 'a') + 2;
    expect(verifyHistory(after, catalog, history)).toMatchObject({
      sequence,
      recorded: { type: 'node-completed', key: 'end' },
      decided: { type: 'node-scheduled', key: 'b' },
    });
  });

  it('notices an event that nothing leads to, one that is missing, and one that was changed', () => {
    const plan = planOf([{ id: 'start', type: 'start' }, { id: 'a' }, { id: 'end', type: 'end' }], 'start>a a>end');
    const run = new Driver(plan);
    run.complete('a');
    const { events } = run;
    const foreign = { type: 'nodes-skipped', keys: ['a'] } as const;
    expect(verifyHistory(plan, catalog, historyOf([events[0]!, foreign]))).toMatchObject({
      sequence: 2,
      recorded: foreign,
    });
    const last = events.at(-1)!;
    expect(verifyHistory(plan, catalog, historyOf(events.slice(0, -1)))).toEqual({
      sequence: events.length,
      decided: last,
    });
    const changed = { ...last, outputs: { other: 1 } } as RunEvent;
    const difference = verifyHistory(plan, catalog, historyOf([...events.slice(0, -1), changed]));
    expect(difference).toEqual({ sequence: events.length, recorded: changed, decided: last });
  });

  it('does not take a deadline that is minutes off for a late commit', () => {
    const plan = planOf([{ id: 'start', type: 'start' }, { id: 'a' }, { id: 'end', type: 'end' }], 'start>a a>end');
    const events = new Driver(plan).events.map((event) =>
      event.type === 'node-scheduled' ? { ...event, deadlineAt: event.deadlineAt - 100_000 } : event,
    );
    expect(verifyHistory(plan, catalog, historyOf(events))).toMatchObject({ recorded: { type: 'node-scheduled' } });
  });

  it('knows a run that continues another one by what it took over', () => {
    const origin = new Driver(planOf(nodes, 'start>a a>b b>end'));
    origin.complete('a');
    origin.fail('b');
    const run = origin.continued();
    run.complete('b');
    expect(run.types()).toContain('run-completed');
    expect(verifyHistory(run.plan, catalog, historyOf(run.events, 10))).toBeUndefined();
  });

  it('takes it as given that a host gave a run up', () => {
    const plan = planOf([{ id: 'start', type: 'start' }, { id: 'a' }, { id: 'end', type: 'end' }], 'start>a a>end');
    const failure = { code: 'internal', message: 'a bug', retryable: false } as const;
    const events = [...new Driver(plan).events, { type: 'run-failed', failure } as const];
    expect(verifyHistory(plan, catalog, historyOf(events))).toBeUndefined();
  });
});
