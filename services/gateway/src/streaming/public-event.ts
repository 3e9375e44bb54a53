import type { RunEvent, RunStarted, TokenUsage } from '@treadle/engine';
import type { Failure } from '@treadle/failure';
import type { Json } from '@treadle/workflow';

/** What a node is called, for readers of events; absent where the plan is not at hand. */
export interface NodeNames {
  readonly type: string;
  readonly title: string;
}

type Fields = Readonly<Record<string, unknown>>;

/** A failure as the API shows it. */
export function publicFailure(failure: Failure): Fields {
  return {
    code: failure.code,
    message: failure.message,
    retryable: failure.retryable,
    retry_after_seconds: failure.retryAfterSeconds,
    field: failure.field,
    details: failure.details,
  };
}

/** The fields of an event as the API shows them: snake case, times as ISO 8601. The workflow's environment stays inside. */
export function publicEvent(event: RunEvent, names: (key: string) => NodeNames | undefined): Fields {
  return 'reused' in event ? { ...fieldsOf(event, names), reused: true } : fieldsOf(event, names);
}

function fieldsOf(event: RunEvent, names: (key: string) => NodeNames | undefined): Fields {
  switch (event.type) {
    case 'run-queued':
      return { inputs: event.inputs, sys: event.sys };
    case 'run-started':
      return started(event);
    case 'node-scheduled':
      return { ...node(event, names), deadline_at: iso(event.deadlineAt) };
    case 'node-completed':
      return {
        ...node(event, names),
        outputs: event.outputs,
        handle: event.handle,
        usage: event.usage && publicUsage(event.usage),
        warnings: event.warnings,
        started_at: iso(event.startedAt),
        finished_at: iso(event.finishedAt),
      };
    case 'node-failed':
      return {
        ...node(event, names),
        failure: publicFailure(event.failure),
        handled: event.handled,
        outputs: event.outputs,
      };
    case 'node-retry-scheduled':
      return { ...node(event, names), due_at: iso(event.dueAt), failure: publicFailure(event.failure) };
    case 'nodes-skipped':
      return { keys: event.keys };
    case 'node-waiting':
      return { ...node(event, names), due_at: iso(event.dueAt), form: event.form };
    case 'form-answered':
      return { ...node(event, names), action: event.action, values: event.values, by: event.by };
    case 'node-opened':
      return { ...node(event, names), rounds: event.rounds, deadline_at: iso(event.deadlineAt) };
    case 'round-started':
      return { ...node(event, names), index: event.index };
    case 'round-completed':
      return { ...node(event, names), index: event.index, output: event.output };
    case 'round-failed':
      return {
        ...node(event, names),
        index: event.index,
        failure: publicFailure(event.failure),
        handled: event.handled,
      };
    case 'variables-assigned':
      return { ...node(event, names), owner: event.owner, values: event.values };
    case 'run-paused':
      return { wake_at: iso(event.wakeAt) };
    case 'run-resumed':
      return {};
    case 'run-completed':
      return { outputs: event.outputs, exceptions: event.exceptions };
    case 'run-failed':
      return { failure: publicFailure(event.failure), key: event.key };
    case 'run-cancelled':
      return { reason: event.reason };
  }
}

function started({ inputs, sys, conversation, origin }: RunStarted): Fields {
  return { inputs, sys, conversation, origin: origin && { run_id: origin.run, kind: origin.kind, kept: origin.kept } };
}

/** A moment in milliseconds since the epoch as ISO 8601; nothing for nothing. */
export function iso(unixMs: number | undefined): string | undefined {
  return unixMs === undefined ? undefined : new Date(unixMs).toISOString();
}

function node(
  event: { readonly key: string; readonly attempt?: number },
  names: (key: string) => NodeNames | undefined,
) {
  const known = names(event.key);
  return { key: event.key, node_type: known?.type, title: known?.title, attempt: event.attempt };
}

function publicUsage(usage: TokenUsage): Readonly<Record<string, Json | undefined>> {
  return {
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
    provider: usage.provider,
    model: usage.model,
  };
}
