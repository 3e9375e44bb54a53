import type { NodeRun, Run } from '@treadle/contracts';
import { Fold, isTerminal, planNodeAt, type RunEvent, type RunState, readFrom, splitKey } from '@treadle/engine';
import type { Failure } from '@treadle/failure';
import { type Plan, selectorText } from '@treadle/workflow';
import type { RunRow } from './run.repository.js';
import type { RunFacts, StoredEntry } from './run-journal.js';

const json = (value: unknown) => (value === undefined ? '' : JSON.stringify(value));

/** A run as its row tells it: without inputs, outputs and nodes. */
export function runFromRow(row: RunRow): Run {
  return {
    ...blank(row),
    status: row.status,
    failureJson: json(row.failure),
    finishedUnixMs: row.finishedAt ?? 0,
    inputTokens: row.inputTokens,
    outputTokens: row.outputTokens,
    workflowName: row.workflowName,
  };
}

/** A run as its state tells it. */
export function runFromState(facts: RunFacts, state: RunState, finishedAt: number): Run {
  return {
    ...blank(facts),
    status: state.status,
    inputsJson: json(state.scopes.inputs),
    outputsJson: json(state.outputs),
    failureJson: json(state.failure),
    finishedUnixMs: isTerminal(state.status) ? finishedAt : 0,
    inputTokens: state.inputTokens,
    outputTokens: state.outputTokens,
    lastSequence: state.sequence,
  };
}

/** A run with everything its history tells, node by node in the order they were reached. */
export function runFromHistory(row: RunRow, entries: readonly StoredEntry[], plan: Plan): Run {
  const fold = new Fold();
  const nodeRuns = new Map<string, NodeRun>();
  for (const entry of entries) {
    for (const event of JSON.parse(entry.eventsJson) as RunEvent[]) {
      note(nodeRuns, event, entry.at, (key) => nodeFacts(plan, fold.state, key));
      fold.apply(event);
    }
  }
  return {
    ...runFromState(row, fold.state, row.finishedAt ?? 0),
    workflowName: row.workflowName,
    nodeRuns: [...nodeRuns.values()],
  };
}

function blank(facts: RunFacts): Run {
  return {
    id: facts.id,
    workflowId: facts.workflowId,
    version: facts.version,
    status: 'pending',
    inputsJson: '',
    outputsJson: '',
    failureJson: '',
    createdUnixMs: facts.createdAt,
    finishedUnixMs: 0,
    inputTokens: 0,
    outputTokens: 0,
    lastSequence: 0,
    conversationId: facts.conversationId,
    user: facts.user,
    nodeRuns: [],
    workflowName: '',
    origin: facts.origin && { runId: facts.origin.run, kind: facts.origin.kind },
    continuations: [],
  };
}

type NodeFacts = Pick<NodeRun, 'nodeType' | 'title' | 'inputsJson'>;

/** What a node is and reads, in the state in which it begins: later its round may be forgotten, and variables have other values. */
function nodeFacts(plan: Plan, state: RunState, key: string): NodeFacts {
  const node = planNodeAt(plan, key);
  if (!node) return { nodeType: '', title: '', inputsJson: '' };
  const read = readFrom(plan, state, key);
  const inputs = node.reads.map(({ selector }) => [selectorText(selector), read(selector)] as const);
  return { nodeType: node.type, title: node.title, inputsJson: json(Object.fromEntries(inputs)) };
}

type FactsOf = (key: string) => NodeFacts;

function note(runs: Map<string, NodeRun>, event: RunEvent, at: number, factsOf: FactsOf): void {
  const change = (key: string, changes: Partial<NodeRun>) => Object.assign(entryFor(runs, key, at, factsOf), changes);
  switch (event.type) {
    case 'node-scheduled':
      return void change(event.key, { status: 'scheduled', attempt: event.attempt });
    case 'node-retry-scheduled':
      return void change(event.key, { status: 'retrying', ...failed(event) });
    case 'node-waiting':
      return void change(event.key, { status: 'waiting' });
    case 'node-opened':
      return void change(event.key, { status: 'open', reused: event.reused ?? false });
    case 'node-completed':
      return void change(event.key, {
        status: 'completed',
        attempt: event.attempt ?? 0,
        outputsJson: json(event.outputs),
        failureJson: '',
        handle: event.handle ?? '',
        warnings: [...(event.warnings ?? [])],
        inputTokens: event.usage?.inputTokens ?? 0,
        outputTokens: event.usage?.outputTokens ?? 0,
        finishedUnixMs: event.finishedAt ?? at,
        reused: event.reused ?? false,
        ...(event.startedAt === undefined ? {} : { startedUnixMs: event.startedAt }),
      });
    case 'node-failed':
      return void change(event.key, {
        status: 'failed',
        ...failed({ attempt: event.attempt ?? 0, failure: event.failure }),
        outputsJson: json(event.outputs),
        finishedUnixMs: at,
        reused: event.reused ?? false,
      });
    case 'nodes-skipped':
      for (const key of event.keys) change(key, { status: 'skipped', startedUnixMs: 0, inputsJson: '' });
      return;
    case 'round-failed':
      return giveUp(runs, `${event.key}[${event.index}]/`, at);
    case 'run-queued':
    case 'run-started':
    case 'round-started':
    case 'round-completed':
    case 'variables-assigned':
    case 'form-answered':
    case 'run-paused':
    case 'run-resumed':
    case 'run-completed':
    case 'run-failed':
    case 'run-cancelled':
      return;
  }
}

/** What was under way in a round that failed elsewhere never ends by itself. */
function giveUp(runs: Map<string, NodeRun>, prefix: string, at: number): void {
  const open = new Set(['scheduled', 'retrying', 'waiting', 'open']);
  for (const [key, run] of runs) {
    if (key.startsWith(prefix) && open.has(run.status)) Object.assign(run, { status: 'cancelled', finishedUnixMs: at });
  }
}

const failed = ({ attempt, failure }: { attempt: number; failure: Failure }) => ({
  attempt,
  failureJson: json(failure),
});

function entryFor(runs: Map<string, NodeRun>, key: string, at: number, factsOf: FactsOf): NodeRun {
  let run = runs.get(key);
  if (!run) {
    run = {
      nodeKey: key,
      nodeId: splitKey(key).id,
      status: 'waiting',
      attempt: 0,
      outputsJson: '',
      failureJson: '',
      startedUnixMs: at,
      finishedUnixMs: 0,
      warnings: [],
      inputTokens: 0,
      outputTokens: 0,
      handle: '',
      reused: false,
      ...factsOf(key),
    };
    runs.set(key, run);
  }
  return run;
}
