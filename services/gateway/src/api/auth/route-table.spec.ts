import Fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import { declareRoutes } from './route-table.js';

function aServer() {
  const server = Fastify();
  declareRoutes(server);
  return server;
}

describe('the table of routes', () => {
  it('refuses a route that does not say who may use it', () => {
    expect(() => aServer().get('/api/v1/secrets', () => 'all of them')).toThrow(
      'The route GET /api/v1/secrets does not say who may use it.',
    );
  });

  it('holds every method of every route, the HEAD of a GET included', () => {
    const server = aServer();
    server.get('/things/:id', { config: { access: { needs: 'runs:read' } } }, () => '');
    server.get('/health/live', () => '');
    const access = { needs: 'runs:read' };
    expect(server.declaredRoutes).toEqual(
      expect.arrayContaining([
        { method: 'GET', path: '/things/:id', access },
        { method: 'HEAD', path: '/things/:id', access },
        { method: 'GET', path: '/health/live', access: { openBecause: expect.any(String) } },
      ]),
    );
  });
});
