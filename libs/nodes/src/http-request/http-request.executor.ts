import { FailureError } from '@treadle/failure';
import type { HttpAnswer } from '../capabilities.js';
import type { Execute } from '../define-node.js';
import type { HttpRequestConfig } from './http-request.descriptor.js';
import { toQuestion } from './to-question.js';

/** Sends the request. Whether an answer outside 200 to 299 is a failure was decided when the workflow was compiled. */
export const executeHttpRequest: Execute<HttpRequestConfig> = async (config, context) => {
  if (config.ssl_verify === false)
    context.warn('The certificate of the server was checked although ssl_verify is off.');
  const question = toQuestion(config, context.read, context.idempotencyKey);
  const answer = await context.capabilities.http.send(question);
  const isError = answer.status < 200 || answer.status > 299;
  if (isError && config.fail_on_error_status === true) throw responseFailure(answer);
  return { outputs: { status_code: answer.status, body: answer.body, headers: answer.headers, files: [] } };
};

/** Too many requests and trouble of the server's own may pass; any other refusal will be repeated. */
function responseFailure({ status, headers, body }: HttpAnswer): FailureError {
  const wait = Number(headers['retry-after'] ?? Number.NaN);
  return FailureError.of('http_response_error', `The server answered with status ${status}.`, {
    retryable: status === 429 || status >= 500,
    ...(Number.isFinite(wait) && wait >= 0 ? { retryAfterSeconds: wait } : {}),
    details: { status_code: status, body: body.slice(0, 1000) },
  });
}
