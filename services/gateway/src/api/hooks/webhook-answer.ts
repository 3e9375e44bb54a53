import type { WebhookOutcome } from '../../domain/receive-webhook.js';

/** An answer as it goes over HTTP. */
export interface WebhookAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const json = 'application/json; charset=utf-8';
const text = 'text/plain; charset=utf-8';

/**
 * What the sender is told: what the workflow's author wrote, else the id of the run, and its outputs where the sender waited for them.
 * Why a run failed is for those who may read it, so a sender learns only that it did.
 */
export function webhookAnswer({ run, waits, statusCode, responseBody }: WebhookOutcome): WebhookAnswer {
  const { id, status } = run;
  const named = JSON.stringify({ run_id: id, status });
  if (waits && (status === 'failed' || status === 'cancelled')) return { status: 500, type: json, body: named };
  const isOver = waits && status === 'completed';
  const isOpen = waits && !isOver;
  if (responseBody !== '' && !isOpen)
    return { status: statusCode || (isOver ? 200 : 202), type: isJson(responseBody) ? json : text, body: responseBody };
  if (isOver) return { status: statusCode || 200, type: json, body: run.outputsJson || '{}' };
  return { status: isOpen ? 202 : statusCode || 202, type: json, body: named };
}

function isJson(written: string): boolean {
  try {
    return typeof JSON.parse(written) === 'object';
  } catch {
    return false;
  }
}
