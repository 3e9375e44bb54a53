import type { Failure } from '@treadle/failure';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { difyError } from '../dify/dify-error.js';
import { failedAnswer } from '../graphql/graphql-error.js';
import { openAiError } from '../openai/openai-error.js';
import { errorBody } from './error-body.js';

/** Answers with a failure, each surface in its own shape. @param status instead of the one that belongs to the code. */
export function answerFailure(found: Failure, request: FastifyRequest, reply: FastifyReply, status?: number): void {
  if (reply.raw.headersSent) return void reply.raw.destroy();
  const made = bodyFor(request, found);
  const answered = status ?? made.status;
  if (answered === 401) void reply.header('www-authenticate', 'Bearer realm="treadle"');
  if (answered === 503 || (found.retryable && (answered === 402 || answered === 429)))
    void reply.header('retry-after', Math.max(1, Math.ceil(found.retryAfterSeconds ?? 1)));
  // OpenAI's clients try again after this status only when they are told to.
  if (answered === 402) void reply.header('x-should-retry', String(found.retryable));
  const body = status === undefined || !('status' in made.body) ? made.body : { ...made.body, status };
  void reply.status(answered).type('application/json; charset=utf-8').send(JSON.stringify(body));
}

/** Each surface in its own shape. */
function bodyFor(request: FastifyRequest, found: Failure): { status: number; body: object } {
  if (request.url.startsWith('/openai/')) return openAiError(found);
  if (/^\/v1(?:[/?]|$)/.test(request.url)) {
    const body = difyError(found);
    return { status: body.status, body };
  }
  if (/^\/graphql(?:[/?]|$)/.test(request.url)) return failedAnswer(found, request.id);
  const body = errorBody(found, request.id);
  return { status: body.status, body };
}
