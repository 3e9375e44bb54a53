import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GatewayUnderTest, startGateway } from './gateway-under-test.js';
import { People, type Tokens } from './people.js';

const owner = { email: 'Ada@Example.com', password: 'a very long password' };
let gateway: GatewayUnderTest;
let people: People;
beforeAll(async () => {
  gateway = await startGateway(undefined, undefined, { owner });
  people = new People(gateway);
});
afterAll(() => gateway.close());

const signIn = (body: object) => people.post('/api/v1/auth/sign-in', body);

describe('the first owner', () => {
  it('comes in by the password of the configuration, whatever the case of the address', async () => {
    const answer = await signIn({ ...owner, email: 'ada@example.com' });
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
    const tokens = (await answer.json()) as Tokens;
    expect(tokens).toMatchObject({ token_type: 'Bearer', expires_in: 900, organisation: 'default' });
    const me = await people.as(tokens.access_token).get('/api/v1/auth/me');
    expect(me).toMatchObject({
      user_id: tokens.user_id,
      key_id: null,
      permissions: expect.arrayContaining(['installation:manage']),
    });
  });

  it('is kept as a hash only', async () => {
    const { rows } = await gateway.pool.query<{ password_hash: string }>('select * from person');
    expect(rows[0]?.password_hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(JSON.stringify(rows)).not.toContain(owner.password);
  });

  it('stays: nobody can take away, shut out or demote the last one', async () => {
    const tokens = await people.signIn(owner);
    const path = `/api/v1/users/${tokens.user_id}`;
    const call = people.as(tokens.access_token);
    expect((await call.send('DELETE', path)).status).toBe(400);
    expect((await call.send('PATCH', path, { disabled: true })).status).toBe(400);
    expect((await call.send('PATCH', path, { role: 'viewer' })).status).toBe(400);
  });
});

describe('signing in', () => {
  it('tells neither whether somebody exists nor what was wrong', async () => {
    const wrong = await signIn({ ...owner, password: 'not the password' });
    const nobody = await signIn({ email: 'nobody@example.com', password: 'not the password' });
    const elsewhere = await signIn({ ...owner, organisation: 'acme' });
    const bodies = [await wrong.json(), await nobody.json(), await elsewhere.json()] as { message: string }[];
    expect([wrong.status, nobody.status, elsewhere.status]).toEqual([401, 401, 401]);
    expect(new Set(bodies.map(({ message }) => message)).size).toBe(1);
  });

  it('is slowed down after some failures, for that person from that address, and counts attempts side by side', async () => {
    const guess = () => signIn({ email: 'guessed@example.com', password: 'guess' });
    const answers = await Promise.all(Array.from({ length: 12 }, guess));
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses.filter((status) => status === 401).length).toBeLessThanOrEqual(6);
    expect(statuses.at(-1)).toBe(429);
    const blocked = await guess();
    expect([blocked.status, Number(blocked.headers.get('retry-after')) > 0]).toEqual([429, true]);
    expect((await signIn(owner)).status).toBe(200);
    await gateway.pool.query("update sign_in_attempt set blocked_until = now() - interval '1 second'");
    expect((await guess()).status).toBe(401);
  });

  it('refuses fields it does not know', async () => {
    expect((await signIn({ ...owner, role: 'owner' })).status).toBe(400);
  });
});

describe('a session', () => {
  it('goes on by refresh tokens that are good once, and ends for everybody when one comes twice', async () => {
    const first = await people.signIn(owner);
    const second = await people.refresh(first.refresh_token);
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect((await people.post('/api/v1/auth/refresh', { refresh_token: first.refresh_token })).status).toBe(401);
    expect((await people.post('/api/v1/auth/refresh', { refresh_token: second.refresh_token })).status).toBe(401);
    const { rows } = await gateway.pool.query('select from session where ended_at is null and refresh_hash = $1', [
      first.refresh_token,
    ]);
    expect(rows).toEqual([]);
    // A gateway that has not seen the access token yet refuses it at once.
    const other = await startGateway(undefined, gateway.connectionString, {
      keyEncryptionKey: gateway.keyEncryptionKey,
    });
    const elsewhere = await fetch(`${other.url}/api/v1/auth/me`, {
      headers: { authorization: `Bearer ${second.access_token}` },
    });
    expect(elsewhere.status).toBe(401);
    await other.close();
  });

  it('of two refreshes at the same time lets at most one win', async () => {
    const { refresh_token } = await people.signIn(owner);
    const answers = await Promise.all([1, 2].map(() => people.post('/api/v1/auth/refresh', { refresh_token })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401]);
  });

  it('is listed and ended by its owner, and by signing out', async () => {
    const [first, second] = [await people.signIn(owner), await people.signIn(owner)];
    const call = people.as(first.access_token);
    const { items } = (await call.get('/api/v1/auth/sessions')) as { items: { id: string; current: boolean }[] };
    expect(items.filter(({ current }) => current)).toHaveLength(1);
    const [newest] = items;
    expect((await call.send('DELETE', `/api/v1/auth/sessions/${newest?.id}`)).status).toBe(204);
    expect((await people.post('/api/v1/auth/refresh', { refresh_token: second.refresh_token })).status).toBe(401);
    expect((await call.send('POST', '/api/v1/auth/sign-out')).status).toBe(204);
    expect((await people.post('/api/v1/auth/refresh', { refresh_token: first.refresh_token })).status).toBe(401);
  });

  it('is no matter of API keys', async () => {
    expect((await gateway.call('/api/v1/auth/sign-out', { method: 'POST' })).status).toBe(400);
  });
});

describe('people', () => {
  it('are invited, choose a password and come in with their role and no more', async () => {
    const invited = await people.invite('grace@example.com', 'operator');
    expect(invited).toMatchObject({ status: 'invited', role: 'operator' });
    const accepted = await people.accept(invited.invitation.token, 'grace has a password');
    const me = (await people.as(accepted.access_token).get('/api/v1/auth/me')) as { permissions: string[] };
    expect(me.permissions).toContain('runs:start');
    expect(me.permissions).not.toContain('workflows:write');
    const denied = await people.as(accepted.access_token).send('POST', '/api/v1/users', { email: 'x@example.com' });
    expect([denied.status, await denied.json()]).toMatchObject([
      403,
      { code: 'permission_denied', message: expect.stringContaining('users:manage'), hint: expect.any(String) },
    ]);
    const again = await people.post('/api/v1/auth/accept-invitation', {
      token: invited.invitation.token,
      password: 'another password',
    });
    expect(again.status).toBe(404);
  });

  it('cannot raise themselves or others above themselves', async () => {
    const admin = people.as((await people.join('admin@example.com', 'admin')).access_token);
    expect((await admin.send('POST', '/api/v1/users', { email: 'o@example.com', role: 'owner' })).status).toBe(403);
    const { user_id } = await people.signIn(owner);
    expect((await admin.send('PATCH', `/api/v1/users/${user_id}`, { disabled: true })).status).toBe(403);
    expect((await admin.send('POST', `/api/v1/users/${user_id}/invitation`)).status).toBe(403);
    expect((await admin.send('PUT', '/api/v1/roles/super', { permissions: ['organisation:manage'] })).status).toBe(403);
    const key = { name: 'k', scopes: ['organisation:manage'] };
    expect((await admin.send('POST', '/api/v1/keys', key)).status).toBe(403);
    expect((await admin.send('POST', '/api/v1/keys/1/rotate', {})).status).toBe(403);
  });

  it('who are shut out or removed come in no longer', async () => {
    const { user_id, access_token, refresh_token } = await people.join('gone@example.com', 'viewer');
    expect((await people.owner().send('PATCH', `/api/v1/users/${user_id}`, { disabled: true })).status).toBe(200);
    expect((await signIn({ email: 'gone@example.com', password: 'the password of gone@example.com' })).status).toBe(
      401,
    );
    await people.forgotten(access_token);
    expect((await people.owner().send('PATCH', `/api/v1/users/${user_id}`, { disabled: false })).status).toBe(200);
    expect((await people.owner().send('DELETE', `/api/v1/users/${user_id}`)).status).toBe(204);
    expect((await people.post('/api/v1/auth/refresh', { refresh_token })).status).toBe(401);
  });

  it('who forgot their password set a new one by an invitation, and their sessions end', async () => {
    const { user_id, refresh_token } = await people.join('forgot@example.com', 'viewer');
    const answer = await people.owner().send('POST', `/api/v1/users/${user_id}/invitation`);
    const { invitation } = (await answer.json()) as { invitation: { token: string } };
    await people.accept(invitation.token, 'a quite new password');
    expect((await people.post('/api/v1/auth/refresh', { refresh_token })).status).toBe(401);
    expect((await signIn({ email: 'forgot@example.com', password: 'a quite new password' })).status).toBe(200);
  });

  it('change their own password with the present one', async () => {
    const { access_token } = await people.join('change@example.com', 'viewer');
    const call = people.as(access_token);
    const path = '/api/v1/auth/password';
    const wrong = await call.send('POST', path, { current_password: 'x', new_password: 'a quite new password' });
    expect(wrong.status).toBe(403);
    const right = { current_password: 'the password of change@example.com', new_password: 'a quite new password' };
    expect((await call.send('POST', path, right)).status).toBe(204);
    expect((await signIn({ email: 'change@example.com', password: 'a quite new password' })).status).toBe(200);
  });

  it('have roles of the organisation, which count as soon as they change', async () => {
    expect((await people.owner().send('PUT', '/api/v1/roles/auditor', { permissions: ['runs:read'] })).status).toBe(
      200,
    );
    const { user_id, access_token } = await people.join('auditor@example.com', 'auditor');
    const me = (await people.as(access_token).get('/api/v1/auth/me')) as { permissions: string[] };
    expect(me.permissions).toEqual(['runs:read']);
    expect((await people.owner().send('DELETE', '/api/v1/roles/auditor')).status).toBe(400);
    expect((await people.owner().send('PUT', '/api/v1/roles/owner', { permissions: ['runs:read'] })).status).toBe(400);
    await people.owner().send('PATCH', `/api/v1/users/${user_id}`, { role: 'viewer' });
    expect((await people.owner().send('DELETE', '/api/v1/roles/auditor')).status).toBe(204);
  });
});

describe('organisations', () => {
  it('are apart: people of both keep their password, whoever invites them', async () => {
    const created = await people.owner().send('POST', '/api/v1/organisations', {
      name: 'Acme',
      owner_email: 'grace2@example.com',
    });
    const acme = (await created.json()) as { id: string; owner: { id: string; invitation: { token: string } } };
    const acmeOwner = people.as(
      (await people.accept(acme.owner.invitation.token, 'grace at acme has one')).access_token,
    );
    expect(await acmeOwner.get('/api/v1/organisation')).toMatchObject({ id: acme.id, name: 'Acme' });
    expect(
      (await acmeOwner.send('POST', '/api/v1/organisations', { name: 'x', owner_email: 'x@x.example' })).status,
    ).toBe(403);

    // The owner of acme invites the owner of the first organisation, and holds the token.
    const invited = await acmeOwner.send('POST', '/api/v1/users', { email: owner.email, role: 'owner' });
    const { id, invitation } = (await invited.json()) as { id: string; invitation: { token: string } };
    const stolen = await people.post('/api/v1/auth/accept-invitation', {
      token: invitation.token,
      password: 'chosen by another',
    });
    expect(stolen.status).toBe(403);
    await people.accept(invitation.token, owner.password);
    expect((await acmeOwner.send('POST', `/api/v1/users/${id}/invitation`)).status).toBe(403);
    const there = (await (await signIn({ ...owner, organisation: acme.id })).json()) as Tokens;
    expect(there.organisation).toBe(acme.id);

    const mine = await people.join('only-here@example.com', 'viewer');
    expect((await acmeOwner.send('GET', `/api/v1/users/${mine.user_id}`)).status).toBe(404);
    expect((await acmeOwner.send('DELETE', `/api/v1/users/${mine.user_id}`)).status).toBe(404);
    expect((await acmeOwner.send('DELETE', '/api/v1/keys/1')).status).toBe(404);
    const { items } = (await acmeOwner.get('/api/v1/users')) as { items: { email: string }[] };
    expect(items.map(({ email }) => email)).toEqual(['ada@example.com', 'grace2@example.com']);
  });
});

it('publishes the keys of access tokens, without their private part, which is sealed where it is kept', async () => {
  await people.signIn(owner);
  const { keys } = (await (await fetch(`${gateway.url}/.well-known/jwks.json`)).json()) as { keys: object[] };
  expect(keys).toEqual([
    { kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', use: 'sig', x: expect.any(String), kid: expect.any(String) },
  ]);
  const { rows } = await gateway.pool.query<{ sealed_private: string }>('select * from signing_key');
  expect(rows[0]?.sealed_private).toMatch(/^v1\.1\./);
});
