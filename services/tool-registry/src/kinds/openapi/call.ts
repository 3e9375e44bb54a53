import { FailureError } from '@treadle/failure';
import type { StreamedAnswer } from '@treadle/guarded-http';
import type { JsonObject } from '@treadle/workflow';
import type { CallWorld, DiscoveredTool, ToolOutcome } from '../../domain/toolset-kind.js';
import { callFailure } from '../call-failure.js';
import { SentSecrets } from '../sent-secrets.js';
import { buildRequest } from './build-request.js';
import { type OperationPlan, operationPlanSchema } from './operation-plan.js';
import { readAnswer } from './read-answer.js';

const connectTimeoutSeconds = 10;

/**
 * Sends the request of one call and reads its answer.
 * - An answer of 400 and above is the tool's word, for the model to read; but
 * - 429 is a failure to be repeated later, and so are 502 to 504 where a repeat does no harm;
 * - 401 is a failure of the credential, which no model can mend.
 * A credential that the server repeats is hidden.
 * @throws FailureError
 */
export async function callOperation(tool: DiscoveredTool, args: JsonObject, world: CallWorld): Promise<ToolOutcome> {
  const plan = operationPlanSchema.parse(tool.invocation);
  const plain = buildRequest(plan, args, world.idempotencyKey);
  const credential = plan.security === 'none' ? undefined : world.credential;
  const attached = await credential?.attach(plain);
  const secrets = new SentSecrets();
  if (attached) secrets.note(plain.url, attached);
  try {
    const answer = await world.http.open({
      ...(attached ?? plain),
      connectTimeoutSeconds,
      readTimeoutSeconds: Math.max(1, (world.deadlineUnixMs - Date.now()) / 1000),
      maxBytes: world.maxAnswerBytes,
    });
    const failure = failureOf(answer, plan, tool, credential !== undefined);
    if (!failure) return await readAnswer(answer, (text) => secrets.hide(text));
    answer.cancel();
    throw failure;
  } catch (error) {
    throw callFailure(error, new URL(plan.server).host, world.signal);
  }
}

function failureOf(
  answer: StreamedAnswer,
  plan: OperationPlan,
  tool: DiscoveredTool,
  withCredential: boolean,
): FailureError | undefined {
  const { status } = answer;
  const host = answer.url.host;
  if (status === 429) {
    return FailureError.of('tool_rate_limited', `${host} says that it is asked too often (status 429). Call "${tool.name}" less often, or later.`, retryAfter(answer)); // biome-ignore format: a sentence
  }
  // A repeat does no harm, so that the model need not decide about it.
  if (tool.repeatable && status === 503) {
    return FailureError.of('tool_unavailable', `${host} cannot answer at the moment (status 503). Try again later.`, retryAfter(answer)); // biome-ignore format: a sentence
  }
  if (tool.repeatable && (status === 502 || status === 504)) {
    return FailureError.of('tool_failed', `${host} did not reach what is behind it (status ${status}). Try again later.`, retryAfter(answer)); // biome-ignore format: a sentence
  }
  if (status !== 401 || (plan.security !== 'required' && !withCredential)) return undefined;
  const advice = withCredential ? "refuses the toolset's credential (status 401). Renew it." : 'asks for a credential (status 401). Give the toolset one.'; // biome-ignore format: a sentence
  return FailureError.of('credential_refused', `${host} ${advice}`);
}

function retryAfter({ headers }: StreamedAnswer): { retryAfterSeconds?: number } {
  const written = headers['retry-after'];
  if (written === undefined) return {};
  const seconds = /^\d+$/.test(written.trim()) ? Number(written) : (Date.parse(written) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? { retryAfterSeconds: Math.min(86_400, Math.max(0, Math.ceil(seconds))) } : {};
}
