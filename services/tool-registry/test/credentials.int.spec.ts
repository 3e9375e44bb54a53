import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { callOf, RegistryUnderTest, type Replica, registrationOf, tenantId } from './registry-under-test.js';
import { documentOf, json, startToolServer, type ToolServer } from './tool-server.js';

let test: RegistryUnderTest;
let server: ToolServer;
let first: Replica;
const toolset = 'shop';

beforeEach(async () => {
  [test, server] = await Promise.all([RegistryUnderTest.open(), startToolServer()]);
  first = await test.replica();
  server.answers['GET /getStock'] = (_asked, response) => json(response, {});
  await first.admin.registerToolset(registrationOf(toolset, documentOf(server.url, ['getStock'])));
});
afterEach(async () => {
  await server.close();
  await test.close();
});

const withCode = (code: string, more: object = {}) => ({ failure: { code, ...more } });
const save = (type: string, values: object, hosts: string[] = []) =>
  first.admin.saveCredential({ tenantId, toolset, type, hosts, valuesJson: JSON.stringify(values) });
const call = (replica = first) => replica.tools.callTool(callOf(toolset, 'getStock'));
const secret = 'a-very-secret-value-1234';

describe('a credential', () => {
  it.each([
    ['header', { name: 'X-Api-Key', value: secret }, { 'x-api-key': secret }],
    ['bearer', { token: secret }, { authorization: `Bearer ${secret}` }],
    ['basic', { username: 'ann', password: secret }, { authorization: `Basic ${btoa(`ann:${secret}`)}` }],
    ['cookie', { name: 'session', value: secret }, { cookie: `session=${secret}` }],
  ])('of type %s is attached, kept sealed, and never shown', async (type, values, headers) => {
    const saved = await save(type, values);
    await call();
    expect(server.asked[0]?.headers).toMatchObject(headers);
    expect(saved.credential).toMatchObject({ type, hosts: [server.host], hint: '…1234' });
    const shown = await first.admin.getToolset({ tenantId, name: toolset, version: 0 });
    const { rows } = await first.pool.query('select * from credential');
    const calls = await first.pool.query('select * from tool_call');
    expect(inspect([saved, shown, rows, calls.rows, test.logged], { depth: 10 })).not.toContain(secret);
  });

  it('of type query is put into the address', async () => {
    await save('query', { name: 'key', value: secret });
    await call();
    expect(server.asked[0]?.url).toBe(`/getStock?key=${secret}`);
  });

  it('is replaced and forgotten without a restart, also elsewhere', async () => {
    const second = await test.replica();
    await save('bearer', { token: 'old' });
    await call(second);
    await save('bearer', { token: 'new' });
    await call(second);
    await first.admin.deleteCredential({ tenantId, toolset });
    await call(second);
    expect(server.asked.map(({ headers }) => headers.authorization)).toEqual(['Bearer old', 'Bearer new', undefined]);
  });

  it('goes to its hosts and no others, also after a redirect', async () => {
    const other = await startToolServer({ 'GET /landed': (_asked, response) => json(response, { landed: true }) });
    server.answers['GET /getStock'] = (_asked, response) =>
      void response.writeHead(307, { location: `${other.url}/landed` }).end();
    await save('header', { name: 'X-Api-Key', value: secret });
    expect((await call()).json).toBe('{"landed":true}');
    expect(other.asked).toHaveLength(1);
    expect(inspect(other.asked)).not.toContain(secret);
    await save('header', { name: 'X-Api-Key', value: secret }, ['api.example.com']);
    const asked = server.asked.length;
    await expect(call()).rejects.toMatchObject(
      withCode('credential_refused', { message: expect.stringContaining('api.example.com') }),
    );
    expect(server.asked).toHaveLength(asked);
    await other.close();
  });

  it('does not open where its row was changed', async () => {
    await save('bearer', { token: secret }, ['api.example.com']);
    await first.pool.query('update credential set hosts = $1', [[server.host]]);
    await expect(call()).rejects.toMatchObject(withCode('internal'));
    expect(server.asked).toEqual([]);
  });

  it('is tried by one request', async () => {
    server.answers['GET /me'] = ({ headers }, response) =>
      void response.writeHead(headers.authorization === 'Bearer right' ? 200 : 401).end();
    const tryOut = (url: string) => first.admin.testCredential({ tenantId, toolset, url });
    await expect(tryOut('')).rejects.toMatchObject(withCode('not_found'));
    await save('bearer', { token: 'right' });
    expect(await tryOut(`${server.url}/me`)).toMatchObject({ accepted: true, status: 200 });
    await save('bearer', { token: 'wrong' });
    expect(await tryOut(`${server.url}/me`)).toMatchObject({ accepted: false, status: 401 });
    expect(await tryOut('https://elsewhere.example/')).toMatchObject({ accepted: false, status: 0 });
    await expect(tryOut('ftp://x')).rejects.toMatchObject(withCode('invalid_argument', { field: 'url' }));
  });

  it.each([
    ['magic', {}, [], 'type'],
    ['bearer', {}, [], 'values.token'],
    ['bearer', { token: 'a\nb' }, [], 'values.token'],
    ['header', { name: 'a b', value: 'x' }, [], 'values.name'],
    ['basic', { username: 'a', password: 'b', more: 'c' }, [], 'values.more'],
    ['oauth2_client_credentials', { token_url: 'ftp://x', client_id: 'a', client_secret: 'b' }, [], 'values.token_url'],
    ['bearer', { token: 'x' }, ['https://api.example.com/'], 'hosts'],
  ])('%s with %j for %j is refused', async (type, values, hosts, field) => {
    await expect(save(type, values, hosts)).rejects.toMatchObject(withCode('invalid_argument', { field }));
  });
});

describe('OAuth2', () => {
  const client = { client_id: 'me', client_secret: secret };
  const bearer = () =>
    server.asked.filter(({ url }) => url === '/getStock').map(({ headers }) => headers.authorization);
  const tokenCalls = () => server.asked.filter(({ url }) => url === '/token');

  function tokens(answer: (count: number, form: URLSearchParams) => object, status = 200) {
    let count = 0;
    server.answers['POST /token'] = ({ body }, response) =>
      json(response, answer(++count, new URLSearchParams(body)), status);
    return { token_url: `${server.url}/token` };
  }

  it('fetches one token for calls at once, in all replicas, and keeps it sealed', async () => {
    const second = await test.replica();
    const where = tokens((count) => ({ access_token: `token-${count}`, expires_in: 3600 }));
    await save('oauth2_client_credentials', { ...where, ...client, scope: 'read' });
    await Promise.all([call(), call(), call(second), call(second)]);
    expect(new Set(bearer())).toEqual(new Set(['Bearer token-1']));
    const [asked, ...more] = tokenCalls();
    expect([asked?.headers.authorization, asked?.body, more]).toEqual([
      `Basic ${btoa(`me:${secret}`)}`,
      'grant_type=client_credentials&scope=read',
      [],
    ]);
    const { rows } = await first.pool.query('select * from credential');
    expect(inspect([rows, test.logged], { depth: 10 })).not.toMatch(/token-1|a-very-secret/);
  });

  it('renews a token before it ends, with the newest refresh token', async () => {
    const where = tokens((count, form) => ({
      access_token: `token-${count}-for-${form.get('refresh_token') ?? ''}`,
      // So short that it is over before the next call.
      expires_in: 0.001,
      refresh_token: `refresh-${count}`,
    }));
    await save('oauth2_refresh_token', { ...where, ...client, refresh_token: 'refresh-0', client_auth: 'body' });
    await call();
    await call(await test.replica());
    expect(bearer()).toEqual(['Bearer token-1-for-refresh-0', 'Bearer token-2-for-refresh-1']);
    expect(new URLSearchParams(tokenCalls()[0]?.body).get('client_secret')).toBe(secret);
  });

  it('says what the endpoint says, without secrets', async () => {
    const where = tokens(() => ({ error: 'invalid_client', error_description: `no ${secret}` }), 401);
    await save('oauth2_client_credentials', { ...where, ...client });
    const refused = await call().catch((error: unknown) => error);
    expect(refused).toMatchObject(
      withCode('credential_refused', { message: expect.stringContaining('invalid_client') }),
    );
    expect(inspect(refused, { depth: 10 })).not.toContain(secret);
    expect(bearer()).toEqual([]);
  });

  it('does not follow where the endpoint redirects to', async () => {
    const other = await startToolServer();
    server.answers['POST /token'] = (_asked, response) =>
      void response.writeHead(307, { location: `${other.url}/token` }).end();
    await save('oauth2_client_credentials', { token_url: `${server.url}/token`, ...client, client_auth: 'body' });
    await expect(call()).rejects.toMatchObject(withCode('credential_refused'));
    expect(other.asked).toEqual([]);
    await other.close();
  });

  it('tells apart that the endpoint is away, and that it may not be reached', async () => {
    const gone = await startToolServer();
    await gone.close();
    await save('oauth2_client_credentials', { token_url: `${gone.url}/token`, ...client });
    await expect(call()).rejects.toMatchObject(withCode('tool_unavailable', { retryable: true }));
    await save('oauth2_client_credentials', { token_url: 'http://169.254.169.254/token', ...client });
    await expect(call()).rejects.toMatchObject(withCode('address_blocked'));
  });
});
