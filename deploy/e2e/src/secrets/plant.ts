import { createHmac, randomUUID } from 'node:crypto';
import { parsed } from '../attacks/attack.js';
import { appScopes } from '../attacks/belongings.js';
import { chatDocument, triggeredDocument } from '../attacks/documents.js';
import type { Sent } from '../attacks/send.js';
import type { Site, Tokens } from '../attacks/site.js';
import { chain, named, workflow } from '../scenarios/scenario.js';
import type { EchoServer } from './echo-server.js';
import type { Planted } from './planted.js';

/** Where secrets go, and what was said while they were used. */
export interface Ground {
  readonly site: Site;
  readonly planted: Planted;
  readonly echo: EchoServer;
  /** Answers that may hold no secret. */
  readonly heard: string[];
}

const v1 = '/api/v1';

/** Sends as the owner; the answer is kept as one that holds no secret unless it is the one that tells it. */
async function call<T>({ site, heard }: Ground, sent: Sent, telling = false): Promise<T> {
  const answer = await site.send({ as: site.victim.owner, ...sent });
  if (!telling)
    heard.push(`${sent.method ?? 'GET'} ${sent.path.split('?')[0]}: ${JSON.stringify(answer.headers)} ${answer.text}`);
  return (parsed(answer.text) ?? {}) as T;
}

const put = (path: string, json: object): Sent => ({ method: 'PUT', path: `${v1}/${path}`, json });
const post = (path: string, json: object): Sent => ({ method: 'POST', path: `${v1}/${path}`, json });

/** Keys of providers; each is refused by a model server that repeats it, in a run and in a direct call. */
export async function plantProviders(ground: Ground, count: number): Promise<() => Promise<void>> {
  const { planted, echo } = ground;
  const names = Array.from({ length: count }, (_, index) => `planted-${index}`);
  for (const name of names) {
    const api_key = planted.makePlain('the key of a provider', 'sk-');
    await call(
      ground,
      put(`models/providers/${name}`, { kind: 'openai-compatible', base_url: `${echo.url}/v1`, api_key }),
    );
  }
  return async () => {
    for (const name of names) {
      const messages = [{ role: 'user', content: 'hello' }];
      await call(ground, {
        method: 'POST',
        path: '/openai/v1/chat/completions',
        json: { model: `${name}/small`, messages },
      });
      await call(ground, post(`models/providers/${name}/test`, { model: 'small' }));
    }
    for (const name of names.slice(0, 20)) {
      const asking = workflow(
        'asks a provider',
        [
          { id: 'start', type: 'start', config: { variables: [] } },
          {
            id: 'llm',
            type: 'llm',
            config: { model: { provider: name, name: 'small' }, prompt_template: [{ role: 'user', text: 'hello' }] },
          },
          { id: 'end', type: 'end', config: { outputs: [named('text', 'llm', 'text')] } },
        ],
        chain('start', 'llm', 'end'),
      );
      await runOnce(ground, asking);
    }
  };
}

async function runOnce(ground: Ground, document: object): Promise<void> {
  const { id } = await call<{ id: string }>(ground, post('workflows', document));
  const run = await call<{ id: string }>(ground, post(`workflows/${id}/runs`, { mode: 'wait' }));
  for (const part of ['', '/events', '/history']) await call(ground, { path: `${v1}/runs/${run.id}${part}` });
}

/** Credentials of tools of every type; each call is refused by a server that repeats it. */
export async function plantTools(ground: Ground, count: number): Promise<() => Promise<void>> {
  const { planted, echo } = ground;
  const secret = () => planted.make('the credential of a tool');
  const types: readonly (() => object)[] = [
    () => ({ type: 'bearer', values: { token: planted.makePlain('the token of a tool') } }),
    () => ({ type: 'header', values: { name: 'X-Key', value: secret() } }),
    () => ({ type: 'query', values: { name: 'key', value: secret() } }),
    () => ({ type: 'cookie', values: { name: 'key', value: planted.makePlain('the cookie of a tool') } }),
    () => ({ type: 'basic', values: { username: 'ada', password: secret() } }),
    () => ({
      type: 'oauth2_client_credentials',
      values: { token_url: `${echo.url}/token`, client_id: 'ada', client_secret: secret() },
    }),
    () => ({
      type: 'oauth2_refresh_token',
      values: { token_url: `${echo.url}/token`, client_id: 'ada', client_secret: secret(), refresh_token: secret() },
    }),
  ];
  const documentOf = (status: number) => ({
    ...{ openapi: '3.1.0', info: { title: 'echo', version: '1' }, servers: [{ url: `${echo.url}/status/${status}` }] },
    paths: { '/do': { post: { operationId: 'do', summary: 'Does.', responses: { 200: { description: 'Done.' } } } } },
  });
  const statuses = [401, 403, 500];
  const names = Array.from({ length: count }, (_, index) => `planted-${index}`);
  for (const [index, name] of names.entries()) {
    const document = documentOf(statuses[Math.floor(index / types.length) % statuses.length] ?? 401);
    await call(
      ground,
      put(`tools/toolsets/${name}`, { kind: 'openapi', source: { document: JSON.stringify(document) } }),
    );
    await call(ground, put(`tools/toolsets/${name}/credential`, types[index % types.length]?.() ?? {}));
  }
  return () => useTools(ground, names);
}

/** Credentials of MCP servers, which refuse in each of the ways that their protocol has. */
export async function plantMcpServers(ground: Ground, count: number): Promise<() => Promise<void>> {
  const { planted, echo } = ground;
  const types: readonly (() => object)[] = [
    () => ({ type: 'bearer', values: { token: planted.makePlain('the token of an MCP server') } }),
    () => ({ type: 'header', values: { name: 'X-Key', value: planted.make('the header of an MCP server') } }),
    () => ({ type: 'query', values: { name: 'key', value: planted.make('the key of an MCP server') } }),
  ];
  const names = Array.from({ length: count }, (_, index) => `planted-mcp-${index}`);
  for (const [index, name] of names.entries()) {
    const source = { url: `${echo.url}/mcp/${Math.floor(index / types.length) % 3}` };
    await call(ground, put(`tools/toolsets/${name}`, { kind: 'mcp', source }));
    await call(ground, put(`tools/toolsets/${name}/credential`, types[index % types.length]?.() ?? {}));
  }
  return () => useTools(ground, names);
}

/** Calls each tool, and the first ones in a run as well. */
async function useTools(ground: Ground, names: readonly string[]): Promise<void> {
  const { echo } = ground;
  for (const name of names) {
    await call(ground, post(`tools/toolsets/${name}/tools/do/call`, {}));
    await call(ground, post(`tools/toolsets/${name}/credential/test`, { url: `${echo.url}/check` }));
    await call(ground, post(`tools/toolsets/${name}/versions`, {}));
    await call(ground, { path: `${v1}/tools/toolsets/${name}` });
  }
  for (const name of names.slice(0, 14)) {
    const using = workflow(
      'uses a tool',
      [
        { id: 'start', type: 'start', config: { variables: [] } },
        { id: 'use', type: 'tool', config: { provider: name, tool_name: 'do' } },
        { id: 'end', type: 'end', config: { outputs: [named('text', 'use', 'text')] } },
      ],
      chain('start', 'use', 'end'),
    );
    await runOnce(ground, using);
  }
}

/** API keys, made, used and some of them turned into new ones. */
export async function plantKeys(ground: Ground, count: number): Promise<void> {
  const { planted, site } = ground;
  for (let index = 0; index < count; index += 1) {
    const scopes = index % 2 === 0 ? appScopes : ['runs:read'];
    const json = {
      name: `planted ${index}`,
      scopes,
      ...(index % 2 === 0 && { workflow_id: site.victim.has.workflow }),
    };
    const { id, key } = await call<{ id: number; key: string }>(ground, post('keys', json), true);
    planted.add('an API key', key);
    await call(ground, { path: `${v1}/runs`, as: key });
    await call(ground, { path: `${v1}/users`, as: key });
    if (index % 10 === 0)
      planted.add('a new API key', (await call<{ key: string }>(ground, post(`keys/${id}/rotate`, {}), true)).key);
  }
}

/** People with passwords and tokens. */
export async function plantPeople(ground: Ground, count: number): Promise<void> {
  const { planted } = ground;
  for (let index = 0; index < count; index += 1) {
    const email = `${randomUUID()}@example.com`;
    const invited = await call<{ invitation: { token: string } }>(
      ground,
      post('users', { email, role: 'viewer' }),
      true,
    );
    const token = planted.add('an invitation', invited.invitation.token);
    const password = planted.make('a password');
    const tokens = await call<Tokens>(ground, post('auth/accept-invitation', { token, password }), true);
    planted.add('a refresh token', tokens.refresh_token);
    planted.add('an access token', tokens.access_token.split('.')[2] ?? '');
    const next = await call<Tokens>(ground, post('auth/refresh', { refresh_token: tokens.refresh_token }), true);
    planted.add('a refresh token', next.refresh_token);
    await call(ground, post('auth/refresh', { refresh_token: tokens.refresh_token }));
    await call(ground, post('auth/sign-in', { email, password: planted.make('a wrong password') }));
    await call(
      ground,
      post('auth/password', { current_password: password, new_password: planted.make('a new password') }),
    );
  }
}

/** Secrets of webhooks, used, misused and changed. */
export async function plantWebhooks(ground: Ground, count: number): Promise<void> {
  const { planted } = ground;
  for (let index = 0; index < count; index += 1) {
    const { id } = await call<{ id: string }>(ground, post('workflows', triggeredDocument(`planted ${index}`)));
    const { webhooks } = await call<{ webhooks: { id: string; url: string; secret: string }[] }>(
      ground,
      post(`workflows/${id}/publish`, {}),
      true,
    );
    const [hook] = webhooks;
    if (!hook) continue;
    planted.add('the secret of a webhook', hook.secret);
    const [seconds, body] = [Math.floor(Date.now() / 1000), '{"name":"x"}'];
    const signature = createHmac('sha256', hook.secret).update(`${seconds}.${body}`).digest('hex');
    const headers = {
      'content-type': 'application/json',
      'treadle-signature': `t=${seconds},v1=${signature}`,
      authorization: `Bearer ${planted.makePlain('the header of a webhook')}`,
    };
    await call(ground, { method: 'POST', path: new URL(hook.url).pathname, body, headers });
    const { secret } = await call<{ secret: string }>(
      ground,
      { method: 'POST', path: `${v1}/webhooks/${hook.id}/rotate-secret` },
      true,
    );
    planted.add('the new secret of a webhook', secret);
  }
}

/** Credentials that are shown where they do not belong, or to nobody. */
export async function plantCalls(ground: Ground, count: number): Promise<void> {
  const { planted, site } = ground;
  const ways: readonly ((secret: string) => Sent)[] = [
    (secret) => ({ path: `${v1}/runs`, as: secret }),
    (secret) => ({ path: `${v1}/runs`, headers: { authorization: `Basic ${secret}` } }),
    (secret) => ({ path: `${v1}/runs?access_token=${secret}` }),
    (secret) => ({ path: `/nowhere?token=${secret}`, headers: { cookie: `session=${secret}` } }),
    (secret) => ({
      path: `${v1}/runs`,
      headers: { 'x-api-key': secret, authorization: `Bearer ${site.victim.owner}` },
    }),
    (secret) => ({ path: `${v1}/approvals/${secret}`, headers: { authorization: '' } }),
    (secret) => ({ path: `/approvals/${secret}`, headers: { authorization: '' } }),
    (secret) => post('auth/refresh', { refresh_token: secret }),
    (secret) => post('auth/accept-invitation', { token: secret, password: secret }),
  ];
  for (let index = 0; index < count; index += 1) {
    const secret = planted.makePlain(`a credential of way ${index % ways.length}`);
    const sent = ways[index % ways.length]?.(secret);
    if (sent) await site.send(sent);
  }
}

/** A chat, so that there is something to be shown. */
export async function talk(ground: Ground): Promise<void> {
  await runOnce(ground, chatDocument('planted talk'));
}
