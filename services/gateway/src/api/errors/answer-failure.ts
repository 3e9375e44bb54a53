import type { Failure } from '@treadle/failure';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { difyError } from '../dify/dify-error.js';
import { failedAnswer } from '../graphql/graphql-error.js';
import { openAiError } from '../openai/openai-error.js';
import { errorBody } from './error-body.js';

/** What a failure is answered with. */
export interface FailureAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/** Where a request went, and what it is called in logs. */
interface Asked {
  readonly url: string;
  readonly id: string;
}

/** Answers with a failure, each surface in its own shape. @param status instead of the one that belongs to the code. */
export function answerFailure(found: Failure, request: FastifyRequest, reply: FastifyReply, status?: number): void {
  if (reply.raw.headersSent) return void reply.raw.destroy();
  const answer = failureAnswer(found, request, status);
  void reply.status(answer.status).headers(Object.fromEntries(answer.headers)).send(answer.body);
}

/** @param status instead of the one that belongs to the code. */
export function failureAnswer(found: Failure, asked: Asked, status?: number): FailureAnswer {
  const made = bodyFor(asked, found);
  const answered = status ?? made.status;
  const headers: [string, string][] = [['content-type', 'application/json; charset=utf-8']];
  if (answered === 401) headers.push(['www-authenticate', 'Bearer realm="treadle"']);
  if (answered === 503 || (found.retryable && (answered === 402 || answered === 429)))
    headers.push(['retry-after', String(Math.max(1, Math.ceil(found.retryAfterSeconds ?? 1)))]);
  // OpenAI's clients try again after this status only when they are told to.
  if (answered === 402) headers.push(['x-should-retry', String(found.retryable)]);
  const body = status === undefined || !('status' in made.body) ? made.body : { ...made.body, status };
  return { status: answered, headers, body: JSON.stringify(body) };
}

/** Each surface in its own shape. */
function bodyFor({ url, id }: Asked, found: Failure): { status: number; body: object } {
  if (url.startsWith('/openai/')) return openAiError(found);
  if (/^\/v1(?:[/?]|$)/.test(url)) {
    const body = difyError(found);
    return { status: body.status, body };
  }
  if (/^\/graphql(?:[/?]|$)/.test(url)) return failedAnswer(found, id);
  const body = errorBody(found, id);
  return { status: body.status, body };
}
