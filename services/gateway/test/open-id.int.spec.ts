import { afterAll, beforeAll, expect, it } from 'vitest';
import { type GatewayUnderTest, startGateway } from './gateway-under-test.js';
import { type OpenIdServer, startOpenIdServer } from './open-id-server.js';
import { People, type Tokens } from './people.js';

const redirectUri = 'https://treadle.example.com/signed-in';
let server: OpenIdServer;
let gateway: GatewayUnderTest;
let people: People;

beforeAll(async () => {
  server = await startOpenIdServer(redirectUri);
  const { issuer, clientId, clientSecret } = server;
  const roles = new Map([['treadle-admins', 'admin']]);
  const rules = { tenantId: 'default', defaultRole: 'viewer', roles, redirects: ['https://treadle.example.com'] };
  const openId = { issuer, clientId, clientSecret, rolesClaim: 'groups', rules };
  gateway = await startGateway(undefined, undefined, { openId });
  people = new People(gateway);
});
afterAll(async () => {
  await gateway.close();
  await server.close();
});

interface Begun {
  readonly authorization_url: string;
  readonly binder: string;
}

const begin = async (): Promise<Begun> =>
  (await (await people.post('/api/v1/auth/open-id/begin', { redirect_uri: redirectUri })).json()) as Begun;

const finish = (binder: string, answer: Record<string, string>) =>
  people.post('/api/v1/auth/open-id/finish', { binder, ...answer });

async function signIn(login: string): Promise<Response> {
  const { authorization_url, binder } = await begin();
  return finish(binder, await server.visit(authorization_url, login));
}

const roleOf = async (tokens: Tokens) => {
  const user = (await people.owner().get(`/api/v1/users/${tokens.user_id}`)) as { role: string; email: string };
  return [user.email, user.role];
};

it('lets in who the provider knows, with the role that its claim gives or the first one', async () => {
  server.accounts.set('ada', { email: 'Ada@Example.com', email_verified: true, groups: ['x', 'treadle-admins'] });
  server.accounts.set('bob', { email: 'bob@example.com', email_verified: true });
  const ada = (await (await signIn('ada')).json()) as Tokens;
  const bob = (await (await signIn('bob')).json()) as Tokens;
  expect([await roleOf(ada), await roleOf(bob)]).toEqual([
    ['ada@example.com', 'admin'],
    ['bob@example.com', 'viewer'],
  ]);
  expect((await people.refresh(ada.refresh_token)).user_id).toBe(ada.user_id);
  // The claim counts at each sign-in; a role that was given here stays where the claim gives none.
  server.accounts.set('ada', { email: 'ada@example.com', email_verified: true });
  expect(await roleOf((await (await signIn('ada')).json()) as Tokens)).toEqual(['ada@example.com', 'admin']);
});

it('knows people again by the provider, and finds those that were invited by their verified address', async () => {
  const invited = await people.invite('carol@example.com', 'editor');
  server.accounts.set('carol', { email: 'carol@example.com', email_verified: true });
  const first = (await (await signIn('carol')).json()) as Tokens;
  expect([first.user_id, await roleOf(first)]).toEqual([invited.id, ['carol@example.com', 'editor']]);
  server.accounts.set('carol', { email: 'married@example.com', email_verified: true });
  expect(((await (await signIn('carol')).json()) as Tokens).user_id).toBe(invited.id);
  await people.owner().send('PATCH', `/api/v1/users/${invited.id}`, { disabled: true });
  expect((await signIn('carol')).status).toBe(403);
});

it('takes no address that the provider has not verified', async () => {
  await people.invite('victim@example.com', 'owner');
  server.accounts.set('mallory', { email: 'victim@example.com', email_verified: false });
  expect((await signIn('mallory')).status).toBe(403);
});

it('answers once, and only who began', async () => {
  server.accounts.set('dave', { email: 'dave@example.com', email_verified: true });
  const mine = await begin();
  const other = await begin();
  const answer = await server.visit(mine.authorization_url, 'dave');
  expect((await finish(other.binder, answer)).status).toBe(401);
  expect((await finish(mine.binder, { ...answer, state: 'another' })).status).toBe(401);
  expect((await finish(mine.binder, answer)).status).toBe(200);
  expect((await finish(mine.binder, answer)).status).toBe(401);
});

it('refuses a code that was not for this attempt: nonce and verifier do not fit', async () => {
  server.accounts.set('erin', { email: 'erin@example.com', email_verified: true });
  const [mine, other] = [await begin(), await begin()];
  const { code = '', iss = '' } = await server.visit(mine.authorization_url, 'erin');
  const state = new URL(other.authorization_url).searchParams.get('state') ?? '';
  expect((await finish(other.binder, { code, iss, state })).status).toBe(401);
});

it('sends people back to its own addresses only', async () => {
  const to = async (redirect_uri: string) => (await people.post('/api/v1/auth/open-id/begin', { redirect_uri })).status;
  expect(await to('https://treadle.example.com.evil.example/signed-in')).toBe(400);
  expect(await to('https://evil.example/signed-in')).toBe(400);
  expect(await to('javascript:alert(1)')).toBe(400);
  expect(await to('http://127.0.0.1:51234/callback')).toBe(200);
});
