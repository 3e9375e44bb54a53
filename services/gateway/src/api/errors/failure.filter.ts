import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import { type Failure, FailureError, failure, failureKind, toFailure } from '@treadle/failure';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { callerName } from '../../domain/access/caller.js';
import { maxDocumentBytes } from '../../domain/read-source.js';
import { answerFailure } from './answer-failure.js';

/** Turns whatever was thrown into an answer, once and for all routes. The text of an unknown error stays in the log. */
@Catch()
export class FailureFilter implements ExceptionFilter {
  private readonly logger = new Logger(FailureFilter.name);

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.answer(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }

  private answer(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const found = failureOf(error, request);
    if (failureKind(found.code) === 'bug') {
      // The route and not the address, which may hold a token.
      this.logger.error({ err: error, requestId: request.id, route: request.routeOptions.url }, 'a request met a bug');
    }
    if (found.code === 'permission_denied' && request.caller) {
      const { method, routeOptions, id: requestId, caller, tenantId } = request;
      const facts = {
        requestId,
        method,
        route: routeOptions.url,
        tenantId,
        caller: callerName(caller),
        ...found.details,
      };
      this.logger.warn(facts, 'a request was denied');
    }
    answerFailure(found, request, reply);
  }
}

function failureOf(error: unknown, request: FastifyRequest): Failure {
  if (error instanceof FailureError) return error.failure;
  const status = statusOf(error);
  if (status === 404) return noSuchRoute(request);
  if (status === 413) return bodyTooLarge(request);
  if (status !== undefined && status >= 400 && status < 500) {
    return failure('invalid_argument', `The request cannot be read: ${(error as Error).message}`);
  }
  return toFailure(error);
}

function bodyTooLarge({ headers, routeOptions }: FastifyRequest): Failure {
  const size = headers['content-length'];
  const has = size === undefined ? 'is larger' : `has ${size} bytes`;
  const limit = routeOptions.bodyLimit ?? maxDocumentBytes;
  return failure('payload_too_large', `The body ${has}; at most ${limit} bytes are taken. Send less.`);
}

/** Errors of the HTTP server carry their status, some of them wrapped by the framework. */
function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  const { statusCode } = error as { readonly statusCode?: unknown };
  return typeof statusCode === 'number' ? statusCode : undefined;
}

function noSuchRoute({ method, url }: FastifyRequest): Failure {
  const path = url.split('?', 1)[0] ?? '';
  return failure('not_found', `There is no ${method} ${path.slice(0, 200)}. The API is described at /api/docs.`);
}
