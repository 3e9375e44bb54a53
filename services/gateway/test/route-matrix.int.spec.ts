import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeclaredRoute } from '../src/api/auth/route-table.js';
import { builtInRoles, permissionsOf } from '../src/domain/access/roles.js';
import { Identity } from '../src/identity.js';
import { type GatewayUnderTest, startGateway } from './gateway-under-test.js';
import { People, type Tokens } from './people.js';

let gateway: GatewayUnderTest;
let people: People;
let identity: Identity;
/** Every route but those of libraries. The HEAD of a GET is the GET, and webhooks take methods that no client here sends. */
let routes: readonly DeclaredRoute[];

beforeAll(async () => {
  gateway = await startGateway();
  people = new People(gateway);
  identity = identityWith({});
  const sent = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
  routes = gateway.routes.filter(({ method, path }) => sent.includes(method) && !/^\/(?:health|api\/docs)/.test(path));
});
afterAll(() => gateway.close());

function identityWith({ issuer = 'treadle-specs', now = Date.now }: { issuer?: string; now?: () => number }) {
  const settings = { keyEncryptionKey: gateway.keyEncryptionKey, owner: undefined, openId: undefined, issuer };
  return new Identity(gateway.pool, settings, now);
}

/** Nothing has these ids and names. */
const absent = randomUUID();

function ask({ method, path }: DeclaredRoute, authorization: string | undefined): Promise<Response> {
  const url = `${gateway.url}${path.replace(/:\w+|\*/g, absent)}`;
  const bodiless = method === 'GET' || method === 'DELETE' || method === 'OPTIONS';
  return fetch(url, {
    method,
    headers: { ...(authorization && { authorization }), ...(!bodiless && { 'content-type': 'application/json' }) },
    ...(!bodiless && { body: '{}' }),
  });
}

/** The routes whose answer is not what it should be, each with its answer. */
async function strays(
  some: readonly DeclaredRoute[],
  authorization: string | undefined,
  fits: (answer: Response, route: DeclaredRoute) => boolean | Promise<boolean>,
): Promise<string[]> {
  const found: string[] = [];
  for (const route of some) {
    const answer = await ask(route, authorization);
    if (!(await fits(answer, route))) found.push(`${route.method} ${route.path}: ${answer.status}`);
    await answer.body?.cancel();
  }
  return found;
}

const closed = () => routes.filter(({ access }) => 'needs' in access);
/** Ends the session that asks. */
const endsSession = ({ path }: DeclaredRoute) => path.endsWith('/auth/sign-out');

/** A token that says what it likes, signed with the right key unless told otherwise. */
async function forged(claims: JWTPayload, header: object = {}, key?: Parameters<SignJWT['sign']>[0]): Promise<string> {
  const right = await identity.signingKeys.toSign();
  const protectedHeader = { alg: 'EdDSA', typ: 'at+jwt', kid: right.kid, ...header };
  return new SignJWT(claims).setProtectedHeader(protectedHeader).sign(key ?? right.key);
}

describe('every route that is not open', () => {
  const credentials: Record<string, () => Promise<string | undefined>> = {
    'no credential': async () => undefined,
    'a malformed header': async () => 'Basic dXNlcjpwYXNz',
    'an empty credential': async () => 'Bearer ',
    'what is neither a key nor a token': async () => 'Bearer garbage',
    'an API key that was never made': async () => `Bearer tk_${'x'.repeat(43)}`,
    'a revoked API key': async () => {
      const made = await people.owner().send('POST', '/api/v1/keys', { name: 'k', scopes: ['runs:read'] });
      const { id, key } = (await made.json()) as { id: number; key: string };
      await people.owner().send('DELETE', `/api/v1/keys/${id}`);
      return `Bearer ${key}`;
    },
    'an expired API key': async () => {
      const made = await people.owner().send('POST', '/api/v1/keys', { name: 'k', scopes: ['runs:read'] });
      const { id, key } = (await made.json()) as { id: number; key: string };
      await gateway.pool.query("update api_key set expires_at = now() - interval '1 second' where id = $1", [id]);
      return `Bearer ${key}`;
    },
    'an expired token': async () => {
      const { user_id: userId } = await people.join(`${randomUUID()}@example.com`, 'owner');
      const anHourAgo = identityWith({ now: () => Date.now() - 3_600_000 });
      const device = { address: '', agent: '' };
      return `Bearer ${(await anHourAgo.sessions.open({ tenantId: 'default', userId }, device)).accessToken}`;
    },
    'the token of another issuer': async () => `Bearer ${await forged({ ...(await claims()), iss: 'another' })}`,
    'a token for another audience': async () => `Bearer ${await forged({ ...(await claims()), aud: 'another' })}`,
    'a token of another kind': async () => `Bearer ${await forged(await claims(), { typ: 'JWT' })}`,
    'a token without an end': async () => {
      const { exp: _, ...endless } = await claims();
      return `Bearer ${await forged(endless)}`;
    },
    'a token signed with another key': async () =>
      `Bearer ${await forged(await claims(), {}, generateKeyPairSync('ed25519').privateKey)}`,
    'a token signed with the public key as a shared secret': async () => {
      const [jwk] = await identity.signingKeys.published();
      return `Bearer ${await forged(await claims(), { alg: 'HS256' }, Buffer.from(jwk?.x ?? '', 'base64url'))}`;
    },
    'a token that brings its own key': async () => {
      const { privateKey, publicKey } = generateKeyPairSync('ed25519');
      const jwk = publicKey.export({ format: 'jwk' });
      return `Bearer ${await forged(await claims(), { kid: 'mine', jwk }, privateKey)}`;
    },
    'an unsigned token': async () => {
      const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
      return `Bearer ${part({ alg: 'none', typ: 'at+jwt' })}.${part(await claims())}.`;
    },
    'the token of a session that has ended': async () => {
      const { access_token, refresh_token } = await people.join(`${randomUUID()}@example.com`, 'owner');
      await people.refresh(refresh_token);
      await people.post('/api/v1/auth/refresh', { refresh_token });
      return `Bearer ${access_token}`;
    },
    'the token of somebody who was removed': async () => {
      const { access_token, user_id } = await people.join(`${randomUUID()}@example.com`, 'viewer');
      await people.owner().send('DELETE', `/api/v1/users/${user_id}`);
      return `Bearer ${access_token}`;
    },
    'a refresh token': async () =>
      `Bearer ${(await people.join(`${randomUUID()}@example.com`, 'owner')).refresh_token}`,
  };

  /** What a good token says. */
  async function claims(): Promise<JWTPayload> {
    return decodeJwt((await people.join(`${randomUUID()}@example.com`, 'owner')).access_token);
  }

  it.each(Object.keys(credentials))('refuses %s', async (name) => {
    const authorization = await credentials[name]?.();
    expect(await strays(closed(), authorization, ({ status }) => status === 401)).toEqual([]);
  });

  it('lets in a token made the same way with everything right, so that the refusals above are for their reasons', async () => {
    const token = await forged(await claims());
    expect(decodeProtectedHeader(token).alg).toBe('EdDSA');
    expect((await people.as(token).send('GET', '/api/v1/auth/me')).status).toBe(200);
  });
});

it('every route that is open takes no notice of credentials', async () => {
  const open = routes.filter(({ access }) => 'openBecause' in access);
  expect(await strays(open, undefined, ({ status }) => status !== 401 && status !== 403)).toEqual([]);
  expect(await strays(open, 'Bearer garbage', ({ status }) => status !== 401 && status !== 403)).toEqual([]);
});

/** Denied exactly where the permission is missing, and told which. */
async function fits(answer: Response, { access }: DeclaredRoute, held: ReadonlySet<string>): Promise<boolean> {
  if (!('needs' in access) || access.needs === 'any credential' || held.has(access.needs))
    return answer.status !== 401 && answer.status !== 403;
  const { status } = answer;
  return status === 403 && (await answer.clone().text()).includes(access.needs);
}

describe.each(Object.keys(builtInRoles))('every route to the role %s', (role) => {
  it('is what the role says', async () => {
    const { access_token }: Tokens = await people.join(`${role}@example.com`, role);
    const held = permissionsOf(role, 'default', undefined);
    const some = closed().filter((route) => !endsSession(route));
    const found = await strays(some, `Bearer ${access_token}`, (answer, route) => fits(answer, route, held));
    expect(found).toEqual([]);
  });
});

it('every route to the owner of another organisation, and to a key of theirs, is what the role says, without the installation', async () => {
  const created = await people.owner().send('POST', '/api/v1/organisations', { name: 'B', owner_email: 'b@b.example' });
  const { id, owner } = (await created.json()) as { id: string; owner: { invitation: { token: string } } };
  const { access_token } = await people.accept(owner.invitation.token, 'the password of b');
  const held = permissionsOf('owner', id, undefined);
  const some = closed().filter((route) => !endsSession(route));
  const theirs = people.as(access_token);
  const { key } = (await (await theirs.send('POST', '/api/v1/keys', { name: 'theirs', scopes: [...held] })).json()) as {
    key: string;
  };
  for (const credential of [access_token, key])
    expect(await strays(some, `Bearer ${credential}`, (answer, route) => fits(answer, route, held))).toEqual([]);
});

it('every route to a key that is bound to a workflow is closed, but for those about a workflow', async () => {
  const scopes = Object.keys((await import('../src/domain/access/permissions.js')).permissions);
  const made = await people.owner().send('POST', '/api/v1/keys', { name: 'app', scopes, workflow_id: randomUUID() });
  const { key } = (await made.json()) as { key: string };
  const found = await strays(closed(), `Bearer ${key}`, ({ status }, { access }) => {
    if (!('needs' in access) || access.needs === 'any credential') return status !== 403;
    const { about } = access;
    if (about === undefined || (typeof about === 'object' && 'dataset' in about)) return status === 403;
    // Other workflows, runs and conversations are not there at all.
    return typeof about === 'string' || 'workflowQuery' in about ? status !== 403 : status === 404;
  });
  expect(found).toEqual([]);
});
