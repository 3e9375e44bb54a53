import { failHandle, type JsonObject, largeFacts, ordinaryHandle, type RoundResult } from '@treadle/workflow';
import { isTerminal, type RunEvent } from './event.js';
import { scopeOfRound, splitKey } from './key.js';
import { emptyState, type Frame, type NodeState, nodeStateAt, type Rounds, type RunState } from './state.js';

interface MutableFrame {
  readonly nodes: Map<string, NodeState>;
  open: number;
}

type Draft = { -readonly [Name in keyof RunState]: RunState[Name] } & {
  readonly frames: Map<string, Frame>;
  readonly open: Set<string>;
};

/** Rebuilds the state of a run from its events, oldest first. The events alone suffice: no plan, no clock. */
export function replay(events: Iterable<RunEvent>, from: RunState = emptyState): RunState {
  const fold = new Fold(from);
  for (const event of events) fold.apply(event);
  return fold.state;
}

/** Writes events into a copy of a state, one by one. Every change of state there is goes through here. */
export class Fold {
  private readonly draft: Draft;
  /** The frames that are ours to write on. */
  private readonly owned = new Map<string, MutableFrame>();

  constructor(from: RunState = emptyState) {
    this.draft = { ...from, frames: new Map(from.frames), open: new Set(from.open) };
  }

  /** The state so far. It changes with every event; the one it began from stays as it was. */
  get state(): RunState {
    return this.draft;
  }

  apply(event: RunEvent): void {
    const { draft } = this;
    draft.sequence += 1;
    switch (event.type) {
      case 'run-queued':
        draft.scopes = { ...draft.scopes, inputs: event.inputs, sys: event.sys };
        if (event.continues !== undefined) draft.continues = event.continues;
        return;
      case 'run-started':
        draft.status = 'running';
        draft.engine = event.engine;
        draft.scopes = {
          inputs: event.inputs,
          sys: event.sys,
          env: event.environment,
          conversation: event.conversation,
        };
        if (event.deadlineAt !== undefined) draft.deadlineAt = event.deadlineAt;
        this.lookForLarge(event.inputs, event.sys);
        if (event.origin !== undefined) draft.origin = event.origin;
        return;
      case 'run-paused':
        draft.status = 'paused';
        return;
      case 'run-resumed':
        draft.status = 'running';
        return;
      case 'run-completed':
        draft.outputs = event.outputs;
        return this.end('completed');
      case 'run-failed':
        draft.failure = event.failure;
        return this.end('failed');
      case 'run-cancelled':
        return this.end('cancelled');
      case 'variables-assigned':
        return this.assign(event);
      case 'form-answered':
        return;
      case 'node-opened':
      case 'round-started':
      case 'round-completed':
      case 'round-failed':
        return this.applyToContainer(event);
      default:
        return this.applyToNode(event);
    }
  }

  /** Adds a node to the ones that the last event skipped. */
  skip(key: string): void {
    this.close(key, { status: 'skipped', attempt: 0 });
  }

  private applyToNode(event: Extract<RunEvent, { type: `node-${string}` | 'nodes-skipped' }>): void {
    const { draft } = this;
    switch (event.type) {
      case 'node-opened':
        return;
      case 'node-scheduled': {
        draft.steps += 1;
        const { attempt, deadlineAt } = event;
        return this.open(event.key, { status: 'scheduled', attempt, dueAt: deadlineAt });
      }
      case 'node-waiting': {
        draft.steps += 1;
        const { key, dueAt, form } = event;
        const known = { ...(dueAt === undefined ? {} : { dueAt }), ...(form === undefined ? {} : { form }) };
        return this.open(key, { status: 'waiting', attempt: 0, ...known });
      }
      case 'node-retry-scheduled': {
        const { key, attempt, dueAt, failure } = event;
        return this.open(key, { status: 'retrying', attempt, dueAt, failure });
      }
      case 'node-completed':
        this.lookForLarge(event.outputs);
        draft.inputTokens += event.usage?.inputTokens ?? 0;
        draft.outputTokens += event.usage?.outputTokens ?? 0;
        return this.settle(event.key, {
          status: 'completed',
          attempt: event.attempt ?? 0,
          outputs: event.outputs,
          handle: event.handle ?? ordinaryHandle,
          ...(event.execution === undefined ? {} : { execution: event.execution }),
        });
      case 'node-failed':
        if (event.handled) draft.exceptions += 1;
        return this.settle(event.key, {
          status: 'failed',
          attempt: event.attempt ?? 0,
          failure: event.failure,
          ...(event.outputs === undefined ? {} : { outputs: event.outputs }),
          ...(event.handled === undefined
            ? {}
            : { handle: event.handled === 'fail-branch' ? failHandle : ordinaryHandle }),
        });
      case 'nodes-skipped':
        for (const key of event.keys) this.skip(key);
    }
  }

  private applyToContainer(event: Extract<RunEvent, { type: `round-${string}` | 'node-opened' }>): void {
    const { key } = event;
    switch (event.type) {
      case 'node-opened': {
        this.draft.steps += 1;
        const { rounds: total, parallel, items, variables = {}, deadlineAt } = event;
        this.lookForLarge(variables, { items: items ?? [] });
        const begun = { total, parallel, ...(items ? { items } : {}), variables, started: 0, ended: 0, results: [] };
        const due = deadlineAt === undefined ? {} : { dueAt: deadlineAt };
        return this.open(key, { status: 'open', attempt: 0, ...due, rounds: begun });
      }
      case 'round-started': {
        this.frames.set(scopeOfRound(key, event.index), { nodes: new Map(), open: 0 });
        const rounds = this.roundsOf(key);
        return this.update(key, { ...rounds, started: rounds.started + 1 });
      }
      case 'round-completed':
        this.lookForLarge({ output: event.output });
        return this.endRound(key, event.index, { output: event.output });
      case 'round-failed':
        if (event.handled) this.draft.exceptions += 1;
        return this.endRound(key, event.index, { failure: event.failure });
    }
  }

  /** Large values enter a run as whole inputs, outputs, items or variables; from there on they may be anywhere in its values. */
  private lookForLarge(...values: readonly JsonObject[]): void {
    this.draft.holdsLarge ||= values.some((object) => Object.values(object).some((value) => largeFacts(value)));
  }

  private assign({ owner, values }: Extract<RunEvent, { type: 'variables-assigned' }>): void {
    this.lookForLarge(values);
    if (owner === 'conversation') {
      const { scopes } = this.draft;
      this.draft.scopes = { ...scopes, conversation: { ...scopes.conversation, ...values } };
      this.draft.assigned = { ...this.draft.assigned, ...values };
    } else {
      const rounds = this.roundsOf(owner);
      this.update(owner, { ...rounds, variables: { ...rounds.variables, ...values } });
    }
  }

  private endRound(key: string, index: number, result: RoundResult): void {
    this.forget(scopeOfRound(key, index));
    const rounds = this.roundsOf(key);
    const results = rounds.results.slice();
    results[index] = result;
    this.update(key, { ...rounds, ended: rounds.ended + 1, results });
  }

  private roundsOf(key: string): Rounds {
    const rounds = nodeStateAt(this.draft, key)?.rounds;
    if (!rounds) throw new Error(`${key} is no open container`);
    return rounds;
  }

  private update(key: string, rounds: Rounds): void {
    const node = nodeStateAt(this.draft, key);
    if (node) this.frameOf(key).nodes.set(splitKey(key).id, { ...node, rounds });
  }

  private open(key: string, node: NodeState): void {
    const frame = this.frameOf(key);
    frame.nodes.set(splitKey(key).id, node);
    if (this.draft.open.has(key)) return;
    this.draft.open.add(key);
    frame.open += 1;
  }

  /** Closes a node that was under way, or one that is settled at once and so counts as a step of its own. */
  private settle(key: string, node: NodeState): void {
    if (!this.draft.open.has(key)) this.draft.steps += 1;
    this.close(key, node);
  }

  private close(key: string, node: NodeState): void {
    const frame = this.frameOf(key);
    const { id } = splitKey(key);
    const rounds = frame.nodes.get(id)?.rounds;
    frame.nodes.set(id, node);
    if (this.draft.open.delete(key)) frame.open -= 1;
    if (rounds && rounds.ended < rounds.started) this.forgetWithin(`${key}[`);
  }

  /** Forgets a round with all that is inside of it. */
  private forget(scope: string): void {
    const frame = this.draft.frames.get(scope);
    if (!frame) return;
    this.draft.frames.delete(scope);
    this.owned.delete(scope);
    if (frame.open > 0) this.forgetWithin(`${scope}/`);
  }

  private forgetWithin(prefix: string): void {
    for (const key of this.draft.open) if (key.startsWith(prefix)) this.draft.open.delete(key);
    for (const scope of this.draft.frames.keys()) {
      if (!scope.startsWith(prefix)) continue;
      this.draft.frames.delete(scope);
      this.owned.delete(scope);
    }
  }

  private get frames(): Map<string, Frame> {
    return this.draft.frames;
  }

  /** The frame a key belongs to, to be written on. */
  private frameOf(key: string): MutableFrame {
    const { scope } = splitKey(key);
    const owned = this.owned.get(scope);
    if (owned) return owned;
    const frame = this.draft.frames.get(scope);
    if (!frame) throw new Error(`the round of ${key} is not under way`);
    const copy = { nodes: new Map(frame.nodes), open: frame.open };
    this.owned.set(scope, copy);
    this.draft.frames.set(scope, copy);
    return copy;
  }

  /** Rule 9: a run that has ended waits for nothing. */
  private end(status: RunState['status']): void {
    if (isTerminal(this.draft.status)) throw new Error(`a run ended twice: ${this.draft.status}, then ${status}`);
    this.draft.status = status;
    this.draft.open.clear();
  }
}
