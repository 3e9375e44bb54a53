import { failure } from '@treadle/failure';
import type { Catalog, Plan, PlanEdge, PlanNode } from '@treadle/workflow';
import { describe, expect, it } from 'vitest';
import {
  advance,
  type Decision,
  type Input,
  newRun,
  nodeStateAt,
  outstanding,
  type RunState,
  replay,
} from './index.js';

const described = {
  group: 'logic',
  title: '',
  summary: '',
  config: undefined as never,
  reads: () => [],
  handles: () => [],
} as const;
const catalog: Catalog = {
  start: { ...described, type: 'start', work: 'control', outputs: () => 'open', settle: () => ({ outputs: {} }) },
  branch: {
    ...described,
    type: 'branch',
    work: 'control',
    outputs: () => 'open',
    settle: (config: { take: string }) => ({ outputs: {}, handle: config.take }),
  },
  work: { ...described, type: 'work', work: 'task', pool: 'default', timeoutSeconds: 60, outputs: () => 'open' },
  end: {
    ...described,
    type: 'end',
    work: 'control',
    outputs: () => 'open',
    settle: (_config, read) => ({ outputs: { a: read(['a', 'text']) ?? null, b: read(['b', 'text']) ?? null } }),
  },
};

/** `a>b` is an edge, `a:true>b` one by a branch. The type of a node is the part of its id before a digit or `-`, `work` otherwise. */
function planOf(text: string, overrides: Record<string, Partial<PlanNode>> = {}): Plan {
  const edges: PlanEdge[] = text.split(' ').map((word) => {
    const [from = '', target = ''] = word.split('>');
    const [source = '', handle = 'source'] = from.split(':');
    return { source, handle, target };
  });
  const ids = [...new Set(edges.flatMap((edge) => [edge.source, edge.target]))];
  const nodes = ids.map((id, order): [string, PlanNode] => [
    id,
    {
      id,
      type: Object.keys(catalog).find((type) => id.startsWith(type)) ?? 'work',
      title: '',
      config: {},
      configJson: '{}',
      reads: [],
      incoming: edges.filter((edge) => edge.target === id),
      outgoing: edges.filter((edge) => edge.source === id),
      retry: { max_attempts: 1, backoff_seconds: 1, max_backoff_seconds: 60 },
      timeoutSeconds: 60,
      onError: { strategy: 'fail' },
      pool: 'default',
      order,
      streamsText: false,
      ...overrides[id],
    },
  ]);
  const limits = { steps: 1000 };
  return {
    name: 'spec',
    kind: 'workflow',
    nodes: new Map(nodes),
    entry: 'start',
    environment: {},
    conversation: {},
    conversationTypes: {},
    limits,
  };
}

/** Gives inputs one after the other and keeps what was decided. */
class Run {
  state: RunState = newRun;
  last: Decision | undefined;
  readonly events: Decision['events'][number][] = [];

  constructor(
    readonly plan: Plan,
    entry?: string,
  ) {
    this.give({ type: 'start', at: 0, inputs: {}, sys: {}, environment: {}, conversation: {}, entry });
  }

  give(input: Input): this {
    this.last = advance(this.plan, catalog, this.state, input);
    this.state = this.last.state;
    this.events.push(...this.last.events);
    return this;
  }

  complete(key: string, text = key, attempt = 1): this {
    return this.give({ type: 'result', at: 1000, key, attempt, outcome: { outputs: { text } } });
  }

  fail(key: string, attempt: number, extras = {}): this {
    const outcome = { failure: failure('provider_unavailable', 'away', extras) };
    return this.give({ type: 'result', at: 1000, key, attempt, outcome });
  }

  waitsFor(): string[] {
    return outstanding(this.state).map((command) => `${command.type} ${command.key} ${command.attempt}`);
  }
}

const fork = 'start>a start>b a>end b>end';

describe('advance', () => {
  it('starts both branches of a fan-out and keeps the join waiting when only one has finished', () => {
    const run = new Run(planOf(fork));
    expect(run.waitsFor()).toEqual(['run-task a 1', 'run-task b 1']);
    run.complete('a');
    expect(run.waitsFor()).toEqual(['run-task b 1']);
    run.complete('b');
    expect(run.state.status).toBe('completed');
    expect(run.state.outputs).toEqual({ a: 'a', b: 'b' });
  });

  it('settles control nodes in the decision that made them ready', () => {
    const run = new Run(planOf('start>branch branch:true>end', { branch: { config: { take: 'true' } } }));
    expect(run.events.map((event) => event.type)).toEqual([
      'run-started',
      'node-completed',
      'node-completed',
      'node-completed',
      'run-completed',
    ]);
  });

  it('skips what no taken branch reaches, and joins behind it', () => {
    const plan = planOf('start>branch branch:true>a branch:false>b b>work-c a>end work-c>end', {
      branch: { config: { take: 'true' } },
    });
    const run = new Run(plan);
    expect(nodeStateAt(run.state, 'b')?.status).toBe('skipped');
    expect(nodeStateAt(run.state, 'work-c')?.status).toBe('skipped');
    expect(run.complete('a').state.outputs).toEqual({ a: 'a', b: null });
  });

  it('begins at the entry its start names; joins behind the others are decided', () => {
    const plan = { ...planOf('start>a start-hook>b a>end b>end'), entries: ['start', 'start-hook'] };
    const called = new Run(plan);
    expect(called.waitsFor()).toEqual(['run-task a 1']);
    expect(called.complete('a').state.outputs).toEqual({ a: 'a', b: null });
    const hooked = new Run(plan, 'start-hook');
    expect(hooked.events[0]).toMatchObject({ type: 'run-started', entry: 'start-hook' });
    expect(nodeStateAt(hooked.state, 'a')?.status).toBe('skipped');
    expect(hooked.complete('b').state.outputs).toEqual({ a: null, b: 'b' });
    expect(replay(hooked.events)).toEqual(hooked.state);
  });

  it('ignores a repeated result, a stale attempt and anything after the end', () => {
    const run = new Run(
      planOf('start>a a>end', { a: { retry: { max_attempts: 2, backoff_seconds: 0, max_backoff_seconds: 0 } } }),
    );
    run.fail('a', 1).give({ type: 'timer', at: 1000 });
    expect(run.complete('a', 'stale', 1).last?.events).toEqual([]);
    expect(run.complete('a', 'good', 2).state.outputs).toMatchObject({ a: 'good' });
    expect(run.complete('a', 'again', 2).last?.events).toEqual([]);
    expect(run.give({ type: 'cancel', at: 5, reason: '' }).last?.events).toEqual([]);
  });

  it('waits for a retry as an event with its moment, no sooner than the other side asked', () => {
    const run = new Run(
      planOf('start>a a>end', { a: { retry: { max_attempts: 2, backoff_seconds: 1, max_backoff_seconds: 60 } } }),
    );
    run.fail('a', 1, { retryAfterSeconds: 7 });
    expect(outstanding(run.state)).toEqual([{ type: 'wake', key: 'a', attempt: 2, dueAt: 8000 }]);
    expect(run.give({ type: 'timer', at: 7999 }).last?.events).toEqual([]);
    run.give({ type: 'timer', at: 8000 });
    expect(run.waitsFor()).toEqual(['run-task a 2']);
  });

  it('does not retry what is not retryable, and fails the run with the failure of its node', () => {
    const retry = { max_attempts: 5, backoff_seconds: 1, max_backoff_seconds: 60 };
    const run = new Run(planOf(fork, { a: { retry } })).fail('a', 1, { retryable: false });
    expect(run.state).toMatchObject({ status: 'failed', failure: { code: 'provider_unavailable' } });
    expect(run.waitsFor()).toEqual([]);
  });

  it('takes the failure branch, which sees the kind and the message of the failure', () => {
    const plan = planOf('start>a a>end a:fail-branch>b b>end', { a: { onError: { strategy: 'fail-branch' } } });
    const run = new Run(plan).fail('a', 1);
    expect(run.waitsFor()).toEqual(['run-task b 1']);
    expect(nodeStateAt(run.state, 'a')?.outputs).toEqual({ error_type: 'provider_unavailable', error_message: 'away' });
    expect(run.complete('b').state.status).toBe('completed');
  });

  it('carries on with default outputs', () => {
    const onError = { strategy: 'default-value', outputs: { text: 'instead' } } as const;
    const run = new Run(planOf('start>a a>end', { a: { onError } })).fail('a', 1);
    expect(run.state.outputs).toMatchObject({ a: 'instead' });
  });

  it('gives up an attempt whose deadline has passed', () => {
    const run = new Run(planOf('start>a a>end')).give({ type: 'timer', at: 60_000 });
    expect(run.state).toMatchObject({ status: 'failed', failure: { code: 'node_timeout' } });
  });

  it('replays its events to the same state, and asks for the same work', () => {
    const run = new Run(planOf(fork)).complete('a');
    expect(replay(run.events)).toEqual(run.state);
    expect(outstanding(replay(run.events))).toEqual(outstanding(run.state));
  });

  it('leaves the state it was given as it was', () => {
    const run = new Run(planOf(fork));
    const before = structuredClone(run.state);
    const state = run.state;
    run.complete('a');
    expect(state).toEqual(before);
  });
});
