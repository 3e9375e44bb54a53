import type { IncomingMessage } from 'node:http';
import websocket from '@fastify/websocket';
import { FailureError } from '@treadle/failure';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { handleProtocols } from 'graphql-ws';
import { documentLimits } from '../document-limits.js';
import type { GraphqlSockets } from './graphql-sockets.js';

/** Whether a request to change the protocol is one for this server; all others are answered as plain requests. */
export function isSocketRequest({ headers, method, url = '' }: IncomingMessage): boolean {
  return method === 'GET' && /^websocket$/i.test(headers.upgrade ?? '') && /^\/graphql\/?(?:\?|$)/.test(url);
}

/**
 * Opens WebSockets at the address of GraphQL, after all hooks of the server. Called before those that refuse requests are added.
 * @param origins whose pages may open one; others only those of the same origin
 */
export function serveSockets(server: FastifyInstance, sockets: GraphqlSockets, origins: readonly string[]): void {
  server.addHook('onRequest', (request, reply, done) => {
    // What is refused is answered by HTTP, and then the connection ends: it left the HTTP server when it asked for another protocol.
    if (isSocketRequest(request.raw)) void reply.header('connection', 'close');
    done();
  });
  void server.register(websocket, {
    options: { maxPayload: documentLimits.bytes, handleProtocols },
    preClose: () => sockets.open.stop(),
  });
  // What handles WebSockets sees the routes that are added after it, and those of Nest are not.
  void server.register((scope, _options, done) => {
    scope.route({
      method: 'GET',
      url: '/graphql',
      config: {
        access: { openBecause: 'a WebSocket shows its credential in its first message; nothing else is answered' },
      },
      onRequest: (request, _reply, next) => next(mayOpen(request, origins) ? undefined : wrongOrigin()),
      wsHandler: (socket, request) => sockets.serve(socket, request),
      handler: () => {
        throw FailureError.of('method_not_allowed', 'Send queries by POST. GET opens a WebSocket for subscriptions.');
      },
    });
    done();
  });
}

/** Browsers say whose page it is; CORS does not hold for WebSockets. */
function mayOpen({ ws, headers: { origin }, host }: FastifyRequest, origins: readonly string[]): boolean {
  if (!ws || origin === undefined || origins.includes('*')) return true;
  if (origins.some((one) => one.toLowerCase() === origin.toLowerCase())) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}

function wrongOrigin(): FailureError {
  const message = 'Pages of this origin may not open a WebSocket here. List it in TREADLE_CORS_ORIGINS.';
  return FailureError.of('permission_denied', message, { field: 'Origin' });
}
