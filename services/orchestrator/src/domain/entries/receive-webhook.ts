import { type Run, StartRunRequest, type WebhookHeader } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import { checkWebhookRequest, type WebhookConfig } from '@treadle/nodes';
import type { Started } from '../runs/begin-once.js';
import { readRun } from '../runs/read-run.js';
import type { RunRepository } from '../runs/run.repository.js';
import { runFromState } from '../runs/run-view.js';
import { type StartRunPorts, startRun } from '../runs/start-run.js';
import type { Entries } from './entries.js';
import type { WebhookRepository, WebhookRow } from './webhook.repository.js';
import { checkGithubSignature, checkSignature } from './webhook-signature.js';

export interface ReceiveWebhookPorts {
  readonly start: StartRunPorts;
  readonly runs: RunRepository;
  readonly webhooks: WebhookRepository;
  readonly entries: Entries;
}

/** A request as it came to a webhook's address. */
export interface ReceivedRequest {
  readonly webhookId: string;
  readonly method: string;
  readonly query: string;
  readonly headers: readonly WebhookHeader[];
  readonly body: Uint8Array;
  readonly traceparent: string;
}

export interface BegunByWebhook {
  readonly tenantId: string;
  /** As it is after its start, or now when it was begun before. */
  readonly run: Run;
  readonly repeated: boolean;
  readonly config: WebhookConfig;
}

/**
 * Begins the run that a request asks for. One that was taken before gives the run it began then: its proof is the key of the start,
 * and is claimed in the start's own commit.
 * @throws FailureError `not_found`, `method_not_allowed`, `unauthenticated`, `unsupported_media_type`, `invalid_argument`,
 * `invalid_inputs` naming the parameter, and what a start throws.
 */
export async function receiveWebhook(ports: ReceiveWebhookPorts, request: ReceivedRequest): Promise<BegunByWebhook> {
  const webhook = await findActive(ports.webhooks, request.webhookId);
  const { tenantId, workflowId, version, nodeId } = webhook;
  const plan = await ports.start.plans.plan(webhook);
  const config = plan.nodes.get(nodeId)?.config as WebhookConfig;
  checkMethod(config, request.method);
  const headers = Object.fromEntries(request.headers.map(({ name, value }) => [name, value]));
  const proof = config.signature === 'none' ? '' : await checkProof(ports, webhook, config, headers, request.body);
  checkContentType(config, headers['content-type'], request.body.length);
  const checked = checkWebhookRequest(config, { query: request.query, headers, body: textOf(request.body) });
  if ('failure' in checked) throw new FailureError(checked.failure);
  const start = StartRunRequest.fromPartial({
    tenantId,
    workflowId,
    version,
    // A space keeps it apart from keys that callers choose.
    idempotencyKey: proof && `webhook ${webhook.id} ${proof}`,
    traceparent: request.traceparent,
  });
  const started = await startRun(ports.start, start, { entry: nodeId, inputs: checked.inputs });
  return { tenantId, run: await runOf(ports, tenantId, started), repeated: started.kind === 'repeated', config };
}

async function runOf({ start, runs }: ReceiveWebhookPorts, tenantId: string, started: Started): Promise<Run> {
  if (started.kind === 'repeated') return readRun(runs, start.plans, tenantId, started.runId);
  if (started.kind === 'begun') return runFromState(started.run.facts, started.run.state, start.runs.now());
  if (started.answer.run) return started.answer.run;
  throw FailureError.of('internal', 'Another orchestrator began a run and did not say which.');
}

async function findActive(webhooks: WebhookRepository, id: string): Promise<WebhookRow> {
  const webhook = /^[\w-]{22}$/.test(id) ? await webhooks.find(id) : undefined;
  if (webhook?.active) return webhook;
  throw FailureError.of('not_found', 'There is no webhook at this address, or its workflow has it no more.');
}

function checkMethod({ method }: WebhookConfig, given: string): void {
  if (given === method) return;
  throw FailureError.of('method_not_allowed', `This webhook takes ${method}, not ${given.slice(0, 20)}.`, {
    details: { hint: `Send ${method}.` },
  });
}

async function checkProof(
  { entries, start }: ReceiveWebhookPorts,
  webhook: WebhookRow,
  { signature }: WebhookConfig,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
): Promise<string> {
  const secret = await entries.secretOf(webhook);
  const isGithub = signature === 'github';
  const checked = isGithub
    ? checkGithubSignature(headers, body, secret)
    : checkSignature(headers, body, secret, start.runs.now());
  if ('proof' in checked) return checked.proof;
  const field = isGithub ? 'X-Hub-Signature-256' : 'Treadle-Signature';
  throw FailureError.of('unauthenticated', `${checked.problem}.`, { field });
}

function checkContentType({ content_type }: WebhookConfig, given = '', length: number): void {
  const type = given.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (length === 0 || type === content_type || isJsonLike(content_type, type)) return;
  throw FailureError.of('unsupported_media_type', `This webhook takes a body of type ${content_type}.`, {
    field: 'Content-Type',
  });
}

function isJsonLike(wanted: string, type: string): boolean {
  return wanted === 'application/json' && /^application\/[\w.-]+\+json$/.test(type);
}

function textOf(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw FailureError.of('invalid_argument', 'The body is not UTF-8.', { field: 'body' });
  }
}
