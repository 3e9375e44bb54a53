import { afterAll, beforeAll, expect, it } from 'vitest';
import { type GatewayUnderTest, startGateway } from './gateway-under-test.js';

let gateway: GatewayUnderTest;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

it('every route of the running server says who may use it, and few are open to everybody', () => {
  expect(gateway.routes.length).toBeGreaterThan(50);
  for (const { method, path, access } of gateway.routes)
    expect(access, `${method} ${path}`).toSatisfy((one: object) => 'needs' in one || 'openBecause' in one);
  const open = gateway.routes.filter(({ access }) => 'openBecause' in access).map(({ path }) => path);
  const ours = new Set(open.filter((path) => !/^\/(?:health|api\/docs)/.test(path)));
  expect([...ours].sort()).toEqual([
    '/',
    '/.well-known/jwks.json',
    '/api/v1/approvals/:token',
    '/api/v1/auth/accept-invitation',
    '/api/v1/auth/open-id/begin',
    '/api/v1/auth/open-id/finish',
    '/api/v1/auth/refresh',
    '/api/v1/auth/sign-in',
    '/approvals/:token',
    '/graphql',
    '/hooks/:id',
    '/v1',
  ]);
});
