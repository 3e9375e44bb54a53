import type { WebSocket } from '@fastify/websocket';
import { Logger } from '@nestjs/common';
import { FailureError, toFailure } from '@treadle/failure';
import type { FastifyRequest } from 'fastify';
import { type ExecutionArgs, GraphQLError, OperationTypeNode, subscribe } from 'graphql';
import { CloseCode, type Context, makeServer } from 'graphql-ws';
import { callerName } from '../../../domain/access/caller.js';
import { type Credentials, unauthenticated } from '../../../domain/access/credentials.js';
import type { OpenCredentials } from '../../../domain/access/open-credentials.js';
import type { RateLimits } from '../../../domain/rate-limits/rate-limits.js';
import type { AuditTrail } from '../../audit/audit-trail.js';
import { credentialOf, inHeader, putCaller } from '../../auth/authenticate.js';
import { callerOf } from '../../auth/caller-of.js';
import { readBody } from '../../errors/schema-failure.js';
import { rateFailure } from '../../server/limit-rates.js';
import { graphqlSchema } from '../graphql.schemas.js';
import { failedAnswer, formatError } from '../graphql-error.js';
import type { OperationPreparer } from '../prepare-operation.js';
import { OpenSockets } from './open-sockets.js';

interface Extra {
  readonly socket: WebSocket;
  readonly request: FastifyRequest;
}
type Connection = Context<Record<string, unknown>, Extra>;

const unauthorized: number = CloseCode.Unauthorized;
const initWaitMs = 5000;
/** At a time, over one connection. */
const maxSubscriptions = 20;

/** Subscriptions over WebSockets, by the protocol graphql-transport-ws. */
export class GraphqlSockets {
  readonly open: OpenSockets;
  private readonly logger = new Logger('GraphQL');
  private readonly server = makeServer<Record<string, unknown>, Extra>({
    subscribe,
    connectionInitWaitTimeout: initWaitMs,
    onConnect: (connection) => this.letIn(connection),
    onSubscribe: (connection, _id, payload) => this.prepare(connection, payload),
    onError: ({ extra }, _id, _payload, errors) => this.format(errors, extra.request),
    onNext: ({ extra }, _id, _payload, _args, { errors, ...rest }) =>
      errors ? { ...rest, errors: this.format(errors, extra.request) } : undefined,
  });

  constructor(
    private readonly operations: OperationPreparer,
    private readonly credentials: Credentials,
    private readonly rates: RateLimits,
    private readonly trail: AuditTrail,
    openCredentials: OpenCredentials,
  ) {
    this.open = new OpenSockets(openCredentials);
  }

  /** Takes a WebSocket whose request has passed the hooks of the server. */
  serve(socket: WebSocket, request: FastifyRequest): void {
    // However long it stays open, the work of opening it is done.
    request.visit?.leave(true);
    this.open.serve(
      this.server,
      socket,
      { socket, request },
      { bug: (error) => this.tellBug(error, request), refused: (code) => this.tellRefused(code, request) },
    );
  }

  private async letIn({ extra, connectionParams = {}, subscriptions }: Connection): Promise<boolean> {
    const { socket, request } = extra;
    try {
      const credential = shownIn(connectionParams) ?? credentialOf(request);
      if (credential === undefined) throw unauthenticated('The WebSocket carries no API key and no access token.');
      putCaller(await this.credentials.find(credential), request);
      return this.open.watch(socket, { request, credential, subscriptions: () => Object.keys(subscriptions).length });
    } catch (error) {
      const found = toFailure(error);
      if (found.code === 'internal') this.tellBug(error, request);
      if (found.code !== 'unauthenticated') socket.close(1013, 'Try again later');
      else {
        socket.close(CloseCode.Unauthorized, 'Unauthorized');
        await this.trail.deny(request, failedAnswer(found, request.id));
      }
      return false;
    }
  }

  private async prepare(
    { extra: { request }, subscriptions }: Connection,
    payload: unknown,
  ): Promise<ExecutionArgs | readonly GraphQLError[]> {
    try {
      if (Object.keys(subscriptions).length > maxSubscriptions) throw tooMany();
      const refused = rateFailure(await this.rates.count(callerOf(request), request.ip, 'read'));
      if (refused) throw new FailureError(refused);
      const body = readBody(graphqlSchema, payload);
      const prepared = this.operations.prepare(body, request, OperationTypeNode.SUBSCRIPTION);
      return 'errors' in prepared ? prepared.errors : prepared.args;
    } catch (error) {
      if (error instanceof FailureError && error.failure.code === 'permission_denied') await this.deny(error, request);
      return [new GraphQLError((error as Error).message, { originalError: error as Error })];
    }
  }

  private async deny({ failure }: FailureError, request: FastifyRequest): Promise<void> {
    const { id: requestId, tenantId, routeOptions } = request;
    const facts = {
      requestId,
      route: routeOptions.url,
      tenantId,
      caller: callerName(callerOf(request)),
      ...failure.details,
    };
    this.logger.warn(facts, 'a subscription was denied');
    await this.trail.deny(request, failedAnswer(failure, requestId));
  }

  /** Who subscribes before showing a credential is denied, as who shows a wrong one. */
  private tellRefused(code: number, request: FastifyRequest): void {
    if (code !== unauthorized) return;
    const { failure } = unauthenticated('A subscription came before a credential.');
    this.trail.deny(request, failedAnswer(failure, request.id)).catch((error: unknown) => this.tellBug(error, request));
  }

  private format(errors: readonly GraphQLError[], request: FastifyRequest) {
    return errors.map((error) => formatError(error, request.id, (bug) => this.tellBug(bug, request)));
  }

  private tellBug(error: unknown, request: FastifyRequest): void {
    this.logger.error({ err: error, requestId: request.id, route: request.routeOptions.url }, 'a WebSocket met a bug');
  }
}

/** Browsers cannot add headers to a WebSocket, so clients send what would stand there in their first message. */
function shownIn(params: Record<string, unknown>): string | undefined {
  const header = params['Authorization'] ?? params['authorization'];
  return typeof header === 'string' ? inHeader(header) : undefined;
}

function tooMany(): FailureError {
  const message = `At most ${maxSubscriptions} subscriptions are taken over a WebSocket at a time. Open another one.`;
  return FailureError.of('limit_exceeded', message);
}
