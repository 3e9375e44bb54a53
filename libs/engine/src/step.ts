import { type Failure, failure } from '@treadle/failure';
import {
  type Assignment,
  type Catalog,
  type ContainerNodeType,
  type EndedRound,
  type NodeType,
  type Plan,
  type PlanNode,
  type Read,
  type Reference,
  type Settlement,
  valueAsText,
} from '@treadle/workflow';
import { approvalForm } from './approval.js';
import { assigned } from './assign.js';
import { isTerminal, type RunEvent } from './event.js';
import { Fold } from './fold.js';
import { keyIn, scopeOfRound, splitKey } from './key.js';
import { type LargeRead, largeReadOf, tooLarge } from './large.js';
import { isAtRest, nextWake } from './outstanding.js';
import { type Place, Places, type Round } from './place.js';
import { Queue } from './queue.js';
import { readIn } from './read.js';
import { mayRetry, retryDelayMs } from './retry.js';
import { runOutputs } from './run-outputs.js';
import { type NodeState, nodeStateAt, type RunState } from './state.js';

/** A node of the plan under a key of the run. */
interface Located {
  readonly place: Place;
  readonly node: PlanNode;
  readonly type: NodeType;
}

/** One decision in the making: the state so far, and the events that led to it. */
export class Step {
  readonly events: RunEvent[] = [];
  private readonly fold: Fold;
  private readonly places: Places;
  /** Keys of nodes whose ways out have just been decided, and how many of them there are in each scope. */
  private readonly passed = new Queue();
  private readonly passing = new Map<string, number>();
  /** Keys of containers that may begin another round, or be done. */
  private readonly turning = new Queue();

  constructor(
    readonly plan: Plan,
    private readonly catalog: Catalog,
    state: RunState,
    /** The present, in milliseconds since the epoch. */
    readonly at: number,
  ) {
    this.fold = new Fold(state);
    this.places = new Places(plan);
  }

  get state(): RunState {
    return this.fold.state;
  }

  emit(event: RunEvent): void {
    if (this.state.status === 'paused' && event.type !== 'run-cancelled') this.write({ type: 'run-resumed' });
    this.write(event);
  }

  /** Follows what was reached until only outstanding work is left; ends the run, or lets it rest, when it is time to. */
  settle(): void {
    while (!isTerminal(this.state.status)) {
      const key = this.passed.take();
      if (key !== undefined) {
        this.follow(key);
        continue;
      }
      const container = this.turning.take();
      if (container === undefined) break;
      this.turn(container);
    }
    if (this.events.length > 0 && this.state.status === 'running' && isAtRest(this.state)) {
      const wakeAt = nextWake(this.state);
      this.emit({ type: 'run-paused', ...(wakeAt === undefined ? {} : { wakeAt }) });
    }
  }

  /** Says that a node is over and what follows it is to be decided. */
  reached(key: string): void {
    this.passed.add(key);
    const { scope } = splitKey(key);
    this.passing.set(scope, (this.passing.get(scope) ?? 0) + 1);
  }

  /** Rule 4: begins a graph at one of its entries. The others are skipped, so that joins behind them are decided. */
  enter(place: Place, entry = place.graph.entry): void {
    for (const other of place.graph.entries ?? []) if (other !== entry) this.skip(keyIn(place.scope, other));
    this.begin(place, entry);
  }

  /** Says that a container may begin another round, or be done. */
  turnable(key: string): void {
    this.turning.add(key);
  }

  /** Begins a node: settles it, or says what it waits for. */
  begin(place: Place, id: string): void {
    if (this.state.steps >= this.plan.limits.steps) return this.outOfSteps();
    const key = keyIn(place.scope, id);
    const { node, type } = this.nodeOf(key);
    switch (type.work) {
      case 'control': {
        const read = readIn(place, this.state);
        const isWork = type.isWork?.(node.config) ?? false;
        if (isWork || this.largeRead(read, node.reads, type.writes?.(node.config))) return this.schedule(key, 1);
        return this.settleAs(key, type.settle(node.config, read));
      }
      case 'task':
        return node.approval ? this.ask(key, node) : this.schedule(key, 1);
      case 'wait': {
        const read = readIn(place, this.state);
        const large = this.largeRead(read, node.reads);
        if (large) return this.nodeFailed(key, tooLarge(large));
        const waiting = type.wait(node.config, read, this.at);
        if ('failure' in waiting) return this.nodeFailed(key, waiting.failure);
        if (waiting.dueAt !== undefined && waiting.dueAt <= this.at)
          return this.settleAs(key, type.elapsed(node.config, waiting));
        return this.emit({ type: 'node-waiting', key, ...waiting });
      }
      case 'container':
        return this.open(key, { place, node, type });
    }
  }

  schedule(key: string, attempt: number): void {
    const deadlineAt = this.at + this.nodeOf(key).node.timeoutSeconds * 1000;
    this.emit({ type: 'node-scheduled', key, attempt, deadlineAt });
  }

  /** Takes what a node came to that no executor worked on. */
  settleAs(key: string, settlement: Settlement): void {
    if ('failure' in settlement) return this.nodeFailed(key, settlement.failure);
    const { assigns, ...facts } = settlement;
    this.complete(key, facts, assigns);
  }

  /** Gives a node its outputs, and variables the values it has for them. */
  complete(
    key: string,
    facts: Omit<Extract<RunEvent, { type: 'node-completed' }>, 'type' | 'key'>,
    assigns: readonly Assignment[] = [],
  ): void {
    const written = assigned(this.state, this.placeOf(splitKey(key).scope), assigns);
    if ('failure' in written) return this.nodeFailed(key, written.failure, facts.attempt);
    for (const [owner, values] of written.byOwner) this.emit({ type: 'variables-assigned', key, owner, values });
    this.emit({ type: 'node-completed', key, ...facts });
    this.reached(key);
  }

  attemptFailed(key: string, attempt: number, why: Failure): void {
    const { retry } = this.nodeOf(key).node;
    if (!mayRetry(retry, attempt, why)) return this.nodeFailed(key, why, attempt);
    const seed = `${valueAsText(this.state.scopes.sys['workflow_run_id'] ?? null)}/${key}`;
    const dueAt = this.at + retryDelayMs(retry, attempt, why, seed);
    this.emit({ type: 'node-retry-scheduled', key, attempt: attempt + 1, dueAt, failure: why });
  }

  /**
   * Rule 6: after the last attempt the error strategy decides.
   * @param origin where the failure came from, when that was inside of this node
   */
  nodeFailed(key: string, why: Failure, attempt?: number, origin = key): void {
    const { node, place } = this.nodeOf(key);
    const facts = { error_type: why.code, error_message: why.message };
    const base = { type: 'node-failed', key, ...(attempt === undefined ? {} : { attempt }), failure: why } as const;
    switch (node.onError.strategy) {
      case 'fail':
        this.emit(base);
        if (place.round) return this.roundFailed(place.round, why, origin);
        return this.emit({ type: 'run-failed', failure: why, key: origin });
      case 'default-value':
        this.emit({ ...base, handled: 'default-value', outputs: { ...node.onError.outputs, ...facts } });
        break;
      case 'fail-branch':
        this.emit({ ...base, handled: 'fail-branch', outputs: facts });
    }
    this.reached(key);
  }

  placeOf(scope: string): Place {
    const place = this.places.find(scope);
    if (!place) throw new Error(`plan has no graph for ${scope}`);
    return place;
  }

  nodeOf(key: string): Located {
    const { scope, id } = splitKey(key);
    const place = this.placeOf(scope);
    const node = place.graph.nodes.get(id);
    if (!node) throw new Error(`plan has no node ${key}`);
    const type = this.catalog[node.type];
    if (!type) throw new Error(`plan holds the unknown node type ${node.type}`);
    return { place, node, type };
  }

  private write(event: RunEvent): void {
    this.events.push(event);
    this.fold.apply(event);
  }

  private follow(key: string): void {
    const { scope } = splitKey(key);
    const left = (this.passing.get(scope) ?? 1) - 1;
    this.passing.set(scope, left);
    // A round that was given up meanwhile leads nowhere.
    if (!this.state.frames.has(scope)) return;
    const { place, node } = this.nodeOf(key);
    for (const { target } of node.outgoing) this.reach(place, target);
    const isOver = this.passing.get(scope) === 0 && this.state.frames.get(scope)?.open === 0;
    if (isOver && !isTerminal(this.state.status)) this.finish(place);
  }

  /** Rule 4: a node begins when no way in is undecided and one is taken; when none is taken it is skipped. */
  private reach(place: Place, id: string): void {
    const states = this.state.frames.get(place.scope)?.nodes;
    const node = place.graph.nodes.get(id);
    if (!states || !node || states.has(id) || isTerminal(this.state.status)) return;
    let taken = false;
    for (const edge of node.incoming) {
      const source = states.get(edge.source);
      if (!source || this.state.open.has(keyIn(place.scope, edge.source))) return;
      if (source.handle === edge.handle) taken = true;
    }
    if (taken) this.begin(place, id);
    else this.skip(keyIn(place.scope, id));
  }

  /** Neighbouring skips share one event. */
  private skip(key: string): void {
    const last = this.events.at(-1);
    if (last?.type === 'nodes-skipped') {
      this.events[this.events.length - 1] = { type: 'nodes-skipped', keys: [...last.keys, key] };
      this.fold.skip(key);
    } else this.emit({ type: 'nodes-skipped', keys: [key] });
    this.reached(key);
  }

  private ask(key: string, node: PlanNode): void {
    const seconds = node.approval?.timeout_seconds;
    const due = seconds === undefined ? {} : { dueAt: this.at + seconds * 1000 };
    this.emit({ type: 'node-waiting', key, ...due, form: approvalForm(node) });
  }

  private open(key: string, { place, node, type }: Located & { readonly type: ContainerNodeType }): void {
    if (!node.body) throw new Error(`plan holds no body for ${key}`);
    const opening = type.open(node.config, readIn(place, this.state), node.body);
    if ('failure' in opening) return this.nodeFailed(key, opening.failure);
    const due = node.timeoutSeconds > 0 ? { deadlineAt: this.at + node.timeoutSeconds * 1000 } : {};
    this.emit({ type: 'node-opened', key, ...opening, ...due });
    this.turning.add(key);
  }

  /** Begins as many rounds of a container as may be under way, or closes it after the last. */
  private turn(key: string): void {
    for (;;) {
      const rounds = nodeStateAt(this.state, key)?.rounds;
      if (!rounds || isTerminal(this.state.status)) return;
      const { total, parallel, started, ended } = rounds;
      if (ended === total) return this.close(key);
      if (started === total || started - ended >= parallel) return;
      this.emit({ type: 'round-started', key, index: started });
      this.enter(this.placeOf(scopeOfRound(key, started)));
    }
  }

  private close(key: string): void {
    const { node, type } = this.containerAt(key);
    const { results = [], variables = {} } = nodeStateAt(this.state, key)?.rounds ?? {};
    this.settleAs(
      key,
      type.close(
        node.config,
        results.filter((result) => result !== undefined),
        variables,
      ),
    );
  }

  /** Nothing is open in a graph any more. */
  private finish(place: Place): void {
    if (place.round) return this.endRound(place, place.round);
    const outputs = runOutputs(this.plan, this.state.frames.get('')?.nodes ?? new Map());
    const { exceptions } = this.state;
    this.emit({ type: 'run-completed', outputs, ...(exceptions > 0 ? { exceptions } : {}) });
  }

  private endRound(place: Place, round: Round): void {
    const { key, index } = round;
    const { node, type } = this.containerAt(key);
    const ended = this.ended(place, index);
    const large = this.largeRead(ended.read, type.readsInside(node.config));
    if (large) return this.roundFailed(round, tooLarge(large), key);
    const end = type.endRound(node.config, ended);
    if ('failure' in end) return this.roundFailed(round, end.failure, key);
    this.emit({ type: 'round-completed', key, index, output: end.output });
    if (end.stop) this.close(key);
    else this.turning.add(key);
  }

  private ended(place: Place, index: number): EndedRound {
    const states = this.state.frames.get(place.scope)?.nodes ?? new Map<string, NodeState>();
    return {
      index,
      read: readIn(place, this.state),
      outputs: () => runOutputs(place.graph, states),
      completed: (type) =>
        [...place.graph.nodes.values()].some(
          (node) => node.type === type && states.get(node.id)?.status === 'completed',
        ),
    };
  }

  private roundFailed({ key, index }: Round, why: Failure, origin: string): void {
    const { node, type } = this.containerAt(key);
    const handled = type.survives(node.config);
    this.emit({ type: 'round-failed', key, index, failure: why, ...(handled ? { handled } : {}) });
    if (handled) this.turning.add(key);
    else this.nodeFailed(key, why, undefined, origin);
  }

  private containerAt(key: string): Located & { readonly type: ContainerNodeType } {
    const located = this.nodeOf(key);
    if (located.type.work !== 'container') throw new Error(`${key} is no container`);
    return { ...located, type: located.type };
  }

  private largeRead(read: Read, reads: readonly Reference[], writes: readonly Reference[] = []): LargeRead | undefined {
    return this.state.holdsLarge ? largeReadOf([...reads, ...writes], read) : undefined;
  }

  private outOfSteps(): void {
    const { steps } = this.plan.limits;
    const message = `The run took ${steps} steps, which is its limit. Raise limits.steps, or make its loops shorter.`;
    this.emit({ type: 'run-failed', failure: failure('limit_exceeded', message) });
  }
}

/** What an attempt, or a container, fails with when its time is over. */
export function overdue(node: PlanNode): Failure {
  return failure(
    'node_timeout',
    `No result within ${node.timeoutSeconds} s. Raise timeout_seconds of the node, or look at its pool's queue.`,
  );
}
