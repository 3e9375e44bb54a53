import { CallToolResponse } from '@treadle/contracts';
import { type Failure, failure } from '@treadle/failure';
import type { Json, JsonObject } from '@treadle/workflow';
import type { Selectable } from 'kysely';
import type { EarlierCall, Ending, RecordedCall } from '../domain/call-record.js';
import type { ToolOutcome } from '../domain/toolset-kind.js';
import type { Tables } from './tables.js';

type Row = Selectable<Tables['tool_call']>;

const longestSummary = 500;

/** What of an ending is written. */
export function endingValues(ending: Ending) {
  switch (ending.type) {
    case 'answered': {
      const { text, isError } = ending.outcome;
      return {
        status: 'completed',
        summary: shortened(text),
        is_error: isError,
        outcome: encode(ending.outcome),
        failure: null,
      };
    }
    case 'refused':
      return { ...failed(ending.failure), status: 'failed' };
    case 'spoilt':
      return { ...failed(ending.failure), status: 'failed', settled: true };
    case 'unknown':
      return { ...failed(ending.failure), status: 'unknown' };
  }
}

function failed(reason: Failure) {
  return { summary: shortened(reason.message), is_error: true, outcome: null, failure: JSON.stringify(reason) };
}

export function toEarlierCall(row: Row & { readonly alive: boolean }, ownNumber: number): EarlierCall {
  const { id, toolset, tool, version, attempts } = row;
  return {
    id,
    toolset,
    tool,
    version,
    attempts,
    ownerAlive: row.alive,
    mine: row.owner === ownNumber,
    argumentsHash: row.arguments_hash,
    ending: endingOf(row),
  };
}

function endingOf(row: Row): EarlierCall['ending'] {
  const reason = (row.failure as Failure | null) ?? failure('internal', 'The record of the call holds no reason.');
  switch (row.status) {
    case 'running':
      return undefined;
    case 'completed':
      return row.outcome ? { type: 'answered', outcome: decode(row.outcome) } : { type: 'forgotten' };
    case 'failed':
      return { type: row.settled ? 'spoilt' : 'refused', failure: reason };
    case 'unknown':
      return { type: 'unknown', failure: reason };
  }
}

export function toRecordedCall(row: Row): RecordedCall {
  return {
    id: row.id,
    attempts: row.attempts,
    toolset: row.toolset,
    tool: row.tool,
    version: row.version,
    runId: row.run_id,
    nodeKey: row.node_key,
    workflowId: row.workflow_id,
    mutating: row.mutating,
    approved: row.approved,
    arguments: row.arguments as JsonObject,
    status: row.status,
    isError: row.is_error,
    summary: row.summary,
    failureCode: (row.failure as Failure | null)?.code ?? '',
    startedAt: row.started_at,
    finishedAt: row.finished_at ?? undefined,
  };
}

/** As the message that carries it: a compact form that holds files. */
function encode({ text, json, files, isError, warnings }: ToolOutcome): Buffer {
  const message = CallToolResponse.fromPartial({
    text,
    json: json === undefined ? '' : JSON.stringify(json),
    files: files.map(({ name, mediaType, data }) => ({ name, mediaType, data: Buffer.from(data) })),
    isError,
    warnings: [...warnings],
  });
  return Buffer.from(CallToolResponse.encode(message).finish());
}

function decode(bytes: Buffer): ToolOutcome {
  const { text, json, files, isError, warnings } = CallToolResponse.decode(bytes);
  return { text, ...(json !== '' && { json: JSON.parse(json) as Json }), files, isError, warnings };
}

/** PostgreSQL's texts hold no NUL. */
function shortened(text: string): string {
  return text.slice(0, longestSummary).replaceAll('\0', '');
}
