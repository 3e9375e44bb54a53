import { isDeepStrictEqual } from 'node:util';
import { failure } from '@treadle/failure';
import { catalog, type Drawing, everyNode, type Random, type World } from '@treadle/testing/drawing';
import { expect } from 'vitest';
import {
  advance,
  type Command,
  type Decision,
  type FirstInput,
  type Input,
  newRun,
  nodeStateAt,
  outstanding,
  planNodeAt,
  type RunEvent,
  readFrom,
  replay,
} from '../src/index.js';

/** An input and what it led to. */
export type Recorded = Pick<Decision, 'events' | 'commands'> & { readonly input: Input };

/** Runs a drawing through the engine, its inputs in any order, with much that is to change nothing in between. */
export class UnrulyRun {
  state = newRun;
  readonly events: RunEvent[] = [];
  /** Every input that was no disturbance, and what was decided upon it. */
  readonly decisions: Recorded[] = [];
  private readonly given: Input[] = [];
  private readonly lists: ReadonlySet<string>;
  private now = 1000;

  constructor(
    private readonly drawing: Drawing,
    private readonly world: World,
    private readonly random: Random,
    first: FirstInput = { type: 'start', at: 1000, inputs: {}, sys: {}, environment: {}, conversation: {} },
  ) {
    this.lists = new Set(
      everyNode(drawing.nodes).flatMap((node) => (node.kind === 'work' && node.givesList ? [node.id] : [])),
    );
    this.give(first);
  }

  /** Until nothing is left to do, or until somebody loses patience: the chance that it is cancelled before an input. */
  finish(impatience = 0): this {
    for (let left = outstanding(this.state); left.length > 0; left = outstanding(this.state)) {
      if (this.random() < 0.4) this.disturb();
      const command = left[Math.floor(this.random() * left.length)]!;
      const isEnough = impatience > 0 && this.random() < impatience;
      this.give(isEnough ? { type: 'cancel', at: this.now, reason: 'enough' } : this.inputFor(command));
    }
    this.disturb();
    return this;
  }

  private give(input: Input): boolean {
    const { state, events, commands } = advance(this.drawing.plan, catalog, this.state, input);
    const again = replay(events, this.state);
    if (!isDeepStrictEqual(again, state)) expect(again).toEqual(state);
    this.state = state;
    this.events.push(...events);
    this.given.push(input);
    if (events.length > 0) this.decisions.push({ input, events, commands });
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
