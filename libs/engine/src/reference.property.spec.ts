import { isDeepStrictEqual } from 'node:util';
import { failure } from '@treadle/failure';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { catalog } from '../test/driver.js';
import { interpret, World } from '../test/interpreter.js';
import { type Drawing, drawWorkflow, type Random, randomFrom } from '../test/random-workflow.js';
import {
  advance,
  type Command,
  type Input,
  isTerminal,
  newRun,
  nodeStateAt,
  outstanding,
  planNodeAt,
  type RunEvent,
  readFrom,
  replay,
} from './index.js';

const numRuns = Number(process.env['TREADLE_PROPERTY_RUNS'] ?? 2000);

/** Runs a drawing through the engine, its inputs in any order, with much that is to change nothing in between. */
class UnrulyRun {
  state = newRun;
  readonly events: RunEvent[] = [];
  private readonly given: Input[] = [];
  private readonly lists: ReadonlySet<string>;
  private now = 1000;

  constructor(
    private readonly drawing: Drawing,
    private readonly world: World,
    private readonly random: Random,
  ) {
    this.lists = new Set(
      everyNode(drawing.nodes).flatMap((node) => (node.kind === 'work' && node.givesList ? [node.id] : [])),
    );
    this.give({ type: 'start', at: this.now, inputs: {}, sys: {}, environment: {}, conversation: {} });
  }

  /** Until nothing is left to do. */
  finish(): this {
    for (let left = outstanding(this.state); left.length > 0; left = outstanding(this.state)) {
      if (this.random() < 0.4) this.disturb();
      const command = left[Math.floor(this.random() * left.length)]!;
      this.give(this.inputFor(command));
    }
    this.disturb();
    return this;
  }

  private give(input: Input): boolean {
    const { state, events } = advance(this.drawing.plan, catalog, this.state, input);
    const again = replay(events, this.state);
    if (!isDeepStrictEqual(again, state)) expect(again).toEqual(state);
    this.state = state;
    this.events.push(...events);
    this.given.push(input);
    return events.length > 0;
  }

  private inputFor(command: Command): Input {
    const { key, attempt } = command;
    switch (command.type) {
      case 'wake':
        this.now = Math.max(this.now, command.dueAt);
        return { type: 'timer', at: this.now };
      case 'ask': {
        const action = this.world.approves(key) ? 'approve' : 'reject';
        return { type: 'answer', at: this.now, key, action, values: {}, by: 'spec' };
      }
      case 'run-task': {
        const drawn = planNodeAt(this.drawing.plan, key)!;
        const read = readFrom(this.drawing.plan, this.state, key);
        const values = drawn.reads.map(({ selector }) => read(selector));
        const answer = this.world.work(key, attempt, values, this.lists.has(drawn.id));
        const outcome =
          answer === 'gone' || answer === 'away'
            ? { failure: failure('provider_unavailable', answer, { retryable: answer === 'away' }) }
            : { outputs: { value: answer } };
        return { type: 'result', at: this.now, key, attempt, outcome };
      }
    }
  }

  /** Repeated, stale, early and unknown inputs. None of them may change anything. */
  private disturb(): void {
    const [key = 'nobody'] = [...this.state.open].reverse();
    const attempt = (nodeStateAt(this.state, key)?.attempt ?? 1) + (this.random() < 0.5 ? 1 : -1);
    const outcome = { outputs: { value: 'stale' } };
    const { now } = this;
    const noise: Input[] = [
      { type: 'result', at: now, key, attempt, outcome },
      { type: 'result', at: now, key: `${key}[0]/nobody`, attempt: 1, outcome },
      { type: 'answer', at: now, key, action: 'maybe', values: {}, by: 'spec' },
      { type: 'timer', at: now - 1 },
      ...this.given.filter(({ type }) => type !== 'timer').slice(-5),
      this.given[0]!,
    ];
    for (const input of noise) {
      const before = this.events.length;
      const changed = this.give(input);
      this.given.pop();
      if (changed) expect(this.events.slice(before)).toEqual([]);
    }
  }
}

function everyNode(nodes: Drawing['nodes']): Drawing['nodes'] {
  return nodes.flatMap((node) => ('body' in node ? [node, ...everyNode(node.body)] : [node]));
}

const samples = fc.record({ seed: fc.integer(), size: fc.integer({ min: 1, max: 8 }) });

describe('the engine, against a plain interpreter', () => {
  it('comes to the same end whatever the order of the results, and however often they come', {
    timeout: 600_000,
  }, () => {
    const ends = { completed: 0, failed: 0 };
    fc.assert(
      fc.property(samples, ({ seed, size }) => {
        const random = randomFrom(seed);
        const drawing = drawWorkflow(random, size);
        const world = new World(seed);
        const expected = interpret(drawing, world);
        const { state, events } = new UnrulyRun(drawing, world, random).finish();
        if (expected === 'failed') expect(state.status).toBe('failed');
        else {
          expect(state.status).toBe('completed');
          expect(state.outputs).toEqual(expected);
        }
        ends[expected === 'failed' ? 'failed' : 'completed'] += 1;
        expect(events.filter(({ type }) => /^run-(completed|failed|cancelled)$/.test(type))).toHaveLength(1);
        expect(isTerminal(replay(events).status)).toBe(true);
        const middle = replay(events.slice(0, Math.floor(random() * events.length)));
        expect(outstanding(replay([], middle))).toEqual(outstanding(middle));
      }),
      { numRuns },
    );
    // Samples that nearly all fail, or never do, would prove little.
    expect(Math.min(ends.completed, ends.failed)).toBeGreaterThan(numRuns / 10);
  });
});
