import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/**
 * Gives a POST route its handler at once. Nest describes such a route, and the server's hooks and the filter of failures are those of all others;
 * but Nest's own way to a handler, through guards, pipes and interceptors it does not have, costs as much as reading and checking its body does.
 * Called before Nest adds its routes.
 */
export function serveDirectly(
  server: FastifyInstance,
  url: string,
  handler: (request: FastifyRequest, reply: FastifyReply) => Promise<void>,
): void {
  server.addHook('onRoute', (route) => {
    if (route.url === url && route.method === 'POST') route.handler = handler;
  });
}
