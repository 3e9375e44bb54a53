import type { NodeRun, Run } from '@treadle/contracts';
import { isTerminal, type RunEvent, type RunState, readFrom, replay } from '@treadle/engine';
import type { Failure } from '@treadle/failure';
import { type Plan, selectorText } from '@treadle/workflow';
import type { RunRow } from './run.repository.js';
import { eventsOf, type RunFacts, type StoredEntry } from './run-journal.js';

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

/** A run with everything its history tells, node by node in the order of the plan. Without a plan only the nodes' own events speak. */
export function runFromHistory(row: RunRow, entries: readonly StoredEntry[], plan: Plan | undefined): Run {
  const state = replay(eventsOf(entries));
  return {
    ...runFromState(row, state, row.finishedAt ?? 0),
    workflowName: row.workflowName,
    nodeRuns: nodeRunsOf(entries, state, plan),
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
  };
}

function nodeRunsOf(entries: readonly StoredEntry[], state: RunState, plan: Plan | undefined): NodeRun[] {
  const runs = new Map<string, NodeRun>();
  for (const entry of entries) {
    for (const event of JSON.parse(entry.eventsJson) as RunEvent[]) note(runs, event, entry.at);
  }
  const read = readFrom(state);
  for (const run of runs.values()) {
    const node = plan?.nodes.get(run.nodeKey);
    if (!node) continue;
    const inputs = node.reads.map(({ selector }) => [selectorText(selector), read(selector)] as const);
    Object.assign(run, {
      nodeType: node.type,
      title: node.title,
      inputsJson: run.status === 'skipped' ? '' : json(Object.fromEntries(inputs)),
    });
  }
  return [...runs.values()];
}

function note(runs: Map<string, NodeRun>, event: RunEvent, at: number): void {
  switch (event.type) {
    case 'node-scheduled':
      Object.assign(entryFor(runs, event.key, at), { status: 'scheduled', attempt: event.attempt });
      return;
    case 'node-retry-scheduled':
      Object.assign(entryFor(runs, event.key, at), { status: 'retrying', ...failed(event) });
      return;
    case 'node-completed':
      Object.assign(entryFor(runs, event.key, at), {
        status: 'completed',
        attempt: event.attempt ?? 0,
        outputsJson: json(event.outputs),
        failureJson: '',
        handle: event.handle ?? '',
        warnings: [...(event.warnings ?? [])],
        inputTokens: event.usage?.inputTokens ?? 0,
        outputTokens: event.usage?.outputTokens ?? 0,
        finishedUnixMs: event.finishedAt ?? at,
        ...(event.startedAt === undefined ? {} : { startedUnixMs: event.startedAt }),
      });
      return;
    case 'node-failed':
      Object.assign(entryFor(runs, event.key, at), {
        status: 'failed',
        ...failed({ attempt: event.attempt ?? 0, failure: event.failure }),
        outputsJson: json(event.outputs),
        finishedUnixMs: at,
      });
      return;
    case 'nodes-skipped':
      for (const key of event.keys) Object.assign(entryFor(runs, key, at), { status: 'skipped', startedUnixMs: 0 });
      return;
    case 'run-started':
    case 'run-completed':
    case 'run-failed':
    case 'run-cancelled':
      return;
  }
}

const failed = ({ attempt, failure }: { attempt: number; failure: Failure }) => ({
  attempt,
  failureJson: json(failure),
});

function entryFor(runs: Map<string, NodeRun>, key: string, at: number): NodeRun {
  let run = runs.get(key);
  if (!run) {
    run = {
      nodeKey: key,
      nodeId: key.slice(key.lastIndexOf('/') + 1),
      nodeType: '',
      title: '',
      status: 'waiting',
      attempt: 0,
      outputsJson: '',
      failureJson: '',
      startedUnixMs: at,
      finishedUnixMs: 0,
      warnings: [],
      inputTokens: 0,
      outputTokens: 0,
      inputsJson: '',
      handle: '',
    };
    runs.set(key, run);
  }
  return run;
}
