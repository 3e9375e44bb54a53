import { failure } from '@treadle/failure';
import { catalog, compiled, documentOf, type NodeInput, type Rest } from '@treadle/testing/drawing';
import type { Plan } from '@treadle/workflow';
import { expect } from 'vitest';
import {
  advance,
  type Command,
  type FirstInput,
  type Input,
  keptEvents,
  newRun,
  nodeStateAt,
  type Outcome,
  outstanding,
  type RunEvent,
  type RunState,
  replay,
} from '../src/index.js';

export function planOf(
  nodes: readonly (Partial<NodeInput> & { readonly id: string })[],
  edges: string,
  rest: Rest = {},
  workflows: Readonly<Record<string, Plan>> = {},
): Plan {
  return compiled(documentOf(nodes, edges, rest), workflows);
}

/** A run that is given inputs one after the other. After each, its events alone rebuild it and ask for the same work. */
export class Driver {
  state: RunState = newRun;
  readonly events: RunEvent[] = [];
  /** The commands of the last decision. */
  commands: readonly Command[] = [];

  constructor(
    readonly plan: Plan,
    inputs: Record<string, string | number | boolean | string[]> = {},
    /** Whether replaying is checked after each input: costs the square of the number of events. */
    private readonly checked = true,
    first?: FirstInput,
  ) {
    const { environment, conversation } = plan;
    const start = {
      type: 'start',
      at: 0,
      inputs,
      sys: { workflow_run_id: 'run-1' },
      environment,
      conversation,
    } as const;
    this.give(first ?? start);
  }

  /** A run that continues this one: where it was stopped, or from a node on. */
  continued(from?: string, given: Partial<FirstInput> = {}, plan = this.plan): Driver {
    const { inputs, sys, env: environment, conversation } = replay(this.events.slice(0, 1)).scopes;
    return new Driver(plan, {}, true, {
      type: 'continue',
      at: 10,
      origin: { run: 'run-1', kind: from === undefined ? 'resume' : 'rerun', effects: 'run-1' },
      kept: keptEvents(this.plan, this.events, from),
      inputs,
      sys,
      environment,
      conversation,
      ...given,
    });
  }

  /** Whether the input changed anything. */
  give(input: Input): boolean {
    const { state, events, commands } = advance(this.plan, catalog, this.state, input);
    this.state = state;
    this.commands = commands;
    this.events.push(...events);
    if (this.checked) {
      const again = replay(this.events);
      expect(again).toEqual(state);
      expect(outstanding(again)).toEqual(outstanding(state));
    }
    return events.length > 0;
  }

  result(key: string, outcome: Outcome, at = 1): boolean {
    const attempt = nodeStateAt(this.state, key)?.attempt ?? 1;
    return this.give({ type: 'result', at, key, attempt, outcome });
  }

  complete(key: string, value: string | number | null | string[] = key): boolean {
    return this.result(key, { outputs: { value } });
  }

  fail(key: string, retryable = false): boolean {
    return this.result(key, { failure: failure('provider_unavailable', 'away', { retryable }) });
  }

  answer(key: string, action: string, values: Record<string, string> = {}): boolean {
    return this.give({ type: 'answer', at: 1, key, action, values, by: 'Ada' });
  }

  timer(at: number): boolean {
    return this.give({ type: 'timer', at });
  }

  /** What is outstanding, as `run-task each[0]/a`. */
  waitsFor(): string[] {
    return outstanding(this.state).map(({ type, key }) => `${type} ${key}`);
  }

  types(): string[] {
    return this.events.map(({ type }) => type);
  }
}
