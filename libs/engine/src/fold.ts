import { failHandle, ordinaryHandle } from '@treadle/workflow';
import { isTerminal, type RunEvent } from './event.js';
import { emptyState, type NodeState, type RunState } from './state.js';

/** A state that is still being written. It never leaves this library. */
export type Draft = { -readonly [Name in keyof RunState]: RunState[Name] } & {
  nodes: Map<string, NodeState>;
  open: Set<string>;
};

/** A private copy to write on; the original stays as it is. */
export function draftOf(state: RunState): Draft {
  return { ...state, nodes: new Map(state.nodes), open: new Set(state.open) };
}

/** Rebuilds the state of a run from its events, oldest first. The events alone suffice: no plan, no clock. */
export function replay(events: Iterable<RunEvent>, from: RunState = emptyState): RunState {
  const draft = draftOf(from);
  for (const event of events) apply(draft, event);
  return draft;
}

/** Writes one event into a draft. Every change of state there is goes through here. */
export function apply(draft: Draft, event: RunEvent): void {
  draft.sequence += 1;
  switch (event.type) {
    case 'run-started':
      draft.status = 'running';
      draft.scopes = {
        inputs: event.inputs,
        sys: event.sys,
        env: event.environment,
        conversation: event.conversation,
      };
      return;
    case 'node-scheduled':
      return openNode(draft, event.key, { status: 'scheduled', attempt: event.attempt, dueAt: event.deadlineAt });
    case 'node-retry-scheduled':
      return openNode(draft, event.key, {
        status: 'retrying',
        attempt: event.attempt,
        dueAt: event.dueAt,
        failure: event.failure,
      });
    case 'node-completed':
      draft.inputTokens += event.usage?.inputTokens ?? 0;
      draft.outputTokens += event.usage?.outputTokens ?? 0;
      return closeNode(draft, event.key, {
        status: 'completed',
        attempt: event.attempt ?? 0,
        outputs: event.outputs,
        handle: event.handle ?? ordinaryHandle,
        ...(event.execution === undefined ? {} : { execution: event.execution }),
      });
    case 'node-failed':
      return closeNode(draft, event.key, {
        status: 'failed',
        attempt: event.attempt ?? 0,
        failure: event.failure,
        ...(event.outputs === undefined ? {} : { outputs: event.outputs }),
        ...(event.handled === undefined
          ? {}
          : { handle: event.handled === 'fail-branch' ? failHandle : ordinaryHandle }),
      });
    case 'nodes-skipped':
      for (const key of event.keys) closeNode(draft, key, { status: 'skipped', attempt: 0 });
      return;
    case 'run-completed':
      draft.outputs = event.outputs;
      return end(draft, 'completed');
    case 'run-failed':
      draft.failure = event.failure;
      return end(draft, 'failed');
    case 'run-cancelled':
      return end(draft, 'cancelled');
  }
}

function openNode(draft: Draft, key: string, node: NodeState): void {
  draft.nodes.set(key, node);
  draft.open.add(key);
}

function closeNode(draft: Draft, key: string, node: NodeState): void {
  draft.nodes.set(key, node);
  draft.open.delete(key);
}

/** Rule 9: a run that has ended waits for nothing. */
function end(draft: Draft, status: RunState['status']): void {
  if (isTerminal(draft.status)) throw new Error(`a run ended twice: ${draft.status}, then ${status}`);
  draft.status = status;
  draft.open.clear();
}
