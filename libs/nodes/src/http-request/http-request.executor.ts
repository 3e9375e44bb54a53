import { FailureError } from '@treadle/failure';
import type { HttpAnswer } from '../capabilities.js';
import type { Execute } from '../define-node.js';
import { fileOfAnswer } from './answer-file.js';
import type { HttpRequestConfig } from './http-request.descriptor.js';
import { toQuestion } from './to-question.js';

/**
 * Sends the request. An answer that is a file is kept as one, and its body is empty. Whether an answer outside 200 to 299 is a failure was
 * decided when the workflow was compiled.
 */
export const executeHttpRequest: Execute<HttpRequestConfig> = async (config, context) => {
  const question = await toQuestion(config, context, context.idempotencyKey);
  const answer = await context.capabilities.http.send(question);
  const isError = answer.status < 200 || answer.status > 299;
  if (isError && config.fail_on_error_status === true) throw responseFailure(answer);
  const { status, headers, bytes } = answer;
  const file = fileOfAnswer(answer, question.url);
  if (file === undefined) return { outputs: { status_code: status, body: answer.body, headers, files: [] } };
  const kept = await context.capabilities.files.write({ ...file, bytes });
  return { outputs: { status_code: status, body: '', headers, files: [kept] } };
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
