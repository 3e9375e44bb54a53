import type { ApiEvent } from '@treadle/cli';
import { describe, expect, it } from 'vitest';
import { checkRun, type RunRecord } from './check-run.js';
import { crashScenario } from './scenarios/crash.scenario.js';

const expectation = crashScenario.expected(3);
const tasks = ['draft', 'facts', 'closing'];

/** The history of a run in which nothing went wrong, or what `change` makes of it. */
function record(change: (events: ApiEvent[]) => ApiEvent[] = (events) => events): RunRecord {
  const nodes = Object.entries(expectation.nodes ?? {}).flatMap(([id, outputs]): ApiEvent[] => {
    if (!outputs) return [{ type: 'nodes-skipped', data: { keys: [id] } }];
    if (!tasks.includes(id)) return [{ type: 'node-completed', data: { key: id, outputs } }];
    return [
      { type: 'node-scheduled', data: { key: id, attempt: 1 } },
      { type: 'node-completed', data: { key: id, attempt: 1, outputs } },
    ];
  });
  const events = change([{ type: 'run-started', data: {} }, ...nodes, { type: 'run-completed', data: {} }]);
  return {
    events: events.map((event, index) => ({ ...event, data: { sequence: index + 1, ...event.data } })),
    run: {
      id: 'r',
      workflow_id: 'w',
      version: 1,
      status: 'completed',
      created_at: '',
      outputs: expectation.outputs ?? {},
      last_sequence: events.length,
    },
  };
}

const isDraft = ({ type, data }: ApiEvent) => type === 'node-completed' && data['key'] === 'draft';
const draftDone = { key: 'draft', attempt: 1 };

describe('checkRun', () => {
  it('is content with a run as it should be, also when an attempt was repeated', () => {
    expect(checkRun(record(), expectation)).toEqual([]);
    const retried = record((events) =>
      events.flatMap((event) =>
        isDraft(event)
          ? [
              { type: 'node-retry-scheduled', data: { key: 'draft', attempt: 2 } },
              { type: 'node-scheduled', data: { key: 'draft', attempt: 2 } },
              { ...event, data: { ...event.data, attempt: 2 } },
            ]
          : [event],
      ),
    );
    expect(checkRun(retried, expectation)).toEqual([]);
  });

  it.each<[string, (events: ApiEvent[]) => ApiEvent[], string]>([
    [
      'a second result',
      (events) => events.flatMap((one) => (isDraft(one) ? [one, one] : [one])),
      'draft attempt 1 has more than one result',
    ],
    ['an attempt without result', (events) => events.filter((one) => !isDraft(one)), 'draft attempt 1 has no result'],
    [
      'a result of a stranger',
      (events) => events.map((one) => (isDraft(one) ? { ...one, data: { ...one.data, attempt: 7 } } : one)),
      'draft attempt 7 has a result but was not scheduled',
    ],
    [
      'another attempt at the same time',
      (events) => [...events.slice(0, -1), { type: 'node-scheduled', data: draftDone }, ...events.slice(-1)],
      'draft attempt 1 was scheduled more than once',
    ],
    [
      'a gap',
      (events) => events.map((one, index) => (index === 4 ? { ...one, data: { ...one.data, sequence: 99 } } : one)),
      'event 5 (node-scheduled) is numbered 99',
    ],
    ['two ends', (events) => [...events, { type: 'run-failed', data: {} }], '2 terminal events'],
    [
      'a wrong output',
      (events) => events.map((one) => (isDraft(one) ? { ...one, data: { ...one.data, outputs: { text: 'x' } } } : one)),
      'draft.text is "x", not',
    ],
    [
      'a skipped node that ran',
      (events) => [
        ...events.slice(0, -1),
        { type: 'node-completed', data: { key: 'large', outputs: {} } },
        ...events.slice(-1),
      ],
      'node large completed 1 times and was skipped 1 times',
    ],
  ])('notices %s', (_name, change, problem) => {
    expect(checkRun(record(change), expectation).join('\n')).toContain(problem);
  });

  it('notices a run that did not complete', () => {
    const { run, events } = record();
    const failed = { ...run, status: 'failed' as const, failure: { code: 'internal', message: 'Broken.' } };
    expect(checkRun({ run: failed, events }, expectation)).toEqual(['run r: it is failed: Broken. [internal]']);
  });
});
