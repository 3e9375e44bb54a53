import { type Failure, failure } from '@treadle/failure';
import { type Catalog, type Plan, type PlanNode, valueAsText } from '@treadle/workflow';
import { isTerminal, type RunEvent } from './event.js';
import { apply, type Draft, draftOf, replay } from './fold.js';
import type { Input } from './input.js';
import { type Command, newlyOutstanding } from './outstanding.js';
import { readFrom } from './read.js';
import { mayRetry, retryDelayMs } from './retry.js';
import { runOutputs } from './run-outputs.js';
import { emptyState, type RunState } from './state.js';

/** The version of these rules. A change that would decide an old history otherwise raises it. */
export const engineVersion = 1;

/** What the engine made of an input. Without events nothing has changed and there is nothing to store. */
export interface Decision {
  readonly state: RunState;
  readonly events: readonly RunEvent[];
  readonly commands: readonly Command[];
}

/**
 * Decides what follows from an input. Pure: the same arguments give the same decision, and the given state stays as it is.
 * The rules are numbered in this library's README.
 */
export function advance(plan: Plan, catalog: Catalog, state: RunState, input: Input): Decision {
  const step = new Step(plan, catalog, draftOf(state));
  step.take(input);
  return { state: step.draft, events: step.events, commands: newlyOutstanding(state, step.draft) };
}

/**
 * Ends a run that cannot be decided upon: a bug of ours met it. It fails alone, with its history kept.
 */
export function abandon(state: RunState, why: Failure): Decision {
  if (isTerminal(state.status)) return { state, events: [], commands: [] };
  const event: RunEvent = { type: 'run-failed', failure: why };
  return { state: replay([event], state), events: [event], commands: [] };
}

/** One decision in the making: the draft, and the events that led to it. */
class Step {
  readonly events: RunEvent[] = [];
  /** Nodes some of whose ways in have just been decided. */
  private readonly reached: string[] = [];
  private at = 0;

  constructor(
    private readonly plan: Plan,
    private readonly catalog: Catalog,
    readonly draft: Draft,
  ) {}

  take(input: Input): void {
    if (isTerminal(this.draft.status)) return;
    if ((this.draft.sequence === 0) !== (input.type === 'start')) return;
    this.at = input.at;
    switch (input.type) {
      case 'start':
        return this.start(input);
      case 'result':
        return this.result(input);
      case 'timer':
        return this.timer();
      case 'cancel':
        return this.emit({ type: 'run-cancelled', reason: input.reason });
    }
  }

  private start(input: Extract<Input, { type: 'start' }>): void {
    const { inputs, sys, environment, conversation } = input;
    this.emit({ type: 'run-started', engine: engineVersion, inputs, sys, environment, conversation });
    this.begin(this.node(this.plan.entry));
    this.settle();
  }

  private result(input: Extract<Input, { type: 'result' }>): void {
    const current = this.draft.nodes.get(input.key);
    // Rules 2 and 3: only the attempt that is out counts, and only once.
    if (current?.status !== 'scheduled' || current.attempt !== input.attempt) return;
    const node = this.node(input.key);
    const { key, attempt, outcome, execution, startedAt, finishedAt } = input;
    if ('failure' in outcome) this.attemptFailed(node, attempt, outcome.failure);
    else {
      this.emit({ type: 'node-completed', key, attempt, ...outcome, execution, startedAt, finishedAt });
      this.reached.push(key);
    }
    this.settle();
  }

  private timer(): void {
    for (const key of [...this.draft.open]) {
      const current = this.draft.nodes.get(key);
      if (!current || isTerminal(this.draft.status) || (current.dueAt ?? 0) > this.at) continue;
      const node = this.node(key);
      if (current.status === 'retrying') this.schedule(node, current.attempt);
      else this.attemptFailed(node, current.attempt, overdue(node));
    }
    this.settle();
  }

  /** Follows what was reached until only outstanding work is left; ends the run when there is none. */
  private settle(): void {
    for (let key = this.reached.pop(); key !== undefined; key = this.reached.pop()) {
      if (isTerminal(this.draft.status)) return;
      for (const edge of this.node(key).outgoing) this.reach(this.node(edge.target));
    }
    if (this.events.length > 0 && this.draft.open.size === 0 && !isTerminal(this.draft.status)) {
      this.emit({ type: 'run-completed', outputs: runOutputs(this.plan, this.draft) });
    }
  }

  /** Rule 4: a node begins when no way in is undecided and one is taken; when none is taken it is skipped. */
  private reach(node: PlanNode): void {
    if (this.draft.nodes.has(node.id) || isTerminal(this.draft.status)) return;
    let taken = false;
    for (const edge of node.incoming) {
      const source = this.draft.nodes.get(edge.source);
      if (!source || this.draft.open.has(edge.source)) return;
      if (source.handle === edge.handle) taken = true;
    }
    if (taken) this.begin(node);
    else this.skip(node);
  }

  private begin(node: PlanNode): void {
    const type = this.catalog[node.type];
    if (!type) throw new Error(`plan holds the unknown node type ${node.type}`);
    if (type.work === 'task') return this.schedule(node, 1);
    const settlement = type.settle(node.config, readFrom(this.draft));
    if ('failure' in settlement) return this.nodeFailed(node, undefined, settlement.failure);
    this.emit({ type: 'node-completed', key: node.id, ...settlement });
    this.reached.push(node.id);
  }

  private schedule(node: PlanNode, attempt: number): void {
    const deadlineAt = this.at + node.timeoutSeconds * 1000;
    this.emit({ type: 'node-scheduled', key: node.id, attempt, deadlineAt });
  }

  /** Neighbouring skips share one event. */
  private skip(node: PlanNode): void {
    const last = this.events.at(-1);
    if (last?.type === 'nodes-skipped') {
      this.events[this.events.length - 1] = { type: 'nodes-skipped', keys: [...last.keys, node.id] };
      this.draft.nodes.set(node.id, { status: 'skipped', attempt: 0 });
    } else this.emit({ type: 'nodes-skipped', keys: [node.id] });
    this.reached.push(node.id);
  }

  private attemptFailed(node: PlanNode, attempt: number, why: Failure): void {
    if (!mayRetry(node.retry, attempt, why)) return this.nodeFailed(node, attempt, why);
    const seed = `${valueAsText(this.draft.scopes.sys['workflow_run_id'] ?? null)}/${node.id}`;
    const dueAt = this.at + retryDelayMs(node.retry, attempt, why, seed);
    this.emit({ type: 'node-retry-scheduled', key: node.id, attempt: attempt + 1, dueAt, failure: why });
  }

  /** Rule 6: the error strategy decides, after the last attempt. */
  private nodeFailed(node: PlanNode, attempt: number | undefined, why: Failure): void {
    const facts = { error_type: why.code, error_message: why.message };
    const base = {
      type: 'node-failed',
      key: node.id,
      ...(attempt === undefined ? {} : { attempt }),
      failure: why,
    } as const;
    switch (node.onError.strategy) {
      case 'fail':
        this.emit(base);
        return this.emit({ type: 'run-failed', failure: why, key: node.id });
      case 'default-value':
        this.emit({ ...base, handled: 'default-value', outputs: { ...node.onError.outputs, ...facts } });
        break;
      case 'fail-branch':
        this.emit({ ...base, handled: 'fail-branch', outputs: facts });
    }
    this.reached.push(node.id);
  }

  private emit(event: RunEvent): void {
    this.events.push(event);
    apply(this.draft, event);
  }

  private node(key: string): PlanNode {
    const node = this.plan.nodes.get(key);
    if (!node) throw new Error(`plan has no node ${key}`);
    return node;
  }
}

function overdue(node: PlanNode): Failure {
  return failure(
    'node_timeout',
    `No result within ${node.timeoutSeconds} s. Raise timeout_seconds of the node, or look at its pool's queue.`,
  );
}

/** A run that begins: the state before its first event. */
export const newRun: RunState = emptyState;
