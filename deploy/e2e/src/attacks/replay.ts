import { createHmac, randomUUID } from 'node:crypto';
import { ApiClient } from '@treadle/cli';
import { type Answer, type Attack, type AttackClass, codeOf, parsed, refusedWith } from './attack.js';
import { echoDocument } from './documents.js';
import { accept, type Site, type Tokens } from './site.js';

const now = () => Math.floor(Date.now() / 1000);
const hmac = (secret: string, seconds: number | string, body: string, algorithm = 'sha256') =>
  createHmac(algorithm, secret).update(`${seconds}.${body}`).digest('hex');

/** What is wrong with a webhook's signature; the body is the same. */
function signatures(
  secret: string,
  other: string,
  body: string,
): Readonly<Record<string, Readonly<Record<string, string>>>> {
  const at = now();
  const good = hmac(secret, at, body);
  const header = (value: string) => ({ 'treadle-signature': value });
  const github = createHmac('sha256', secret).update(body).digest('hex');
  return {
    'no signature': {},
    'an empty signature': header(''),
    'an old time': header(`t=${at - 3600},v1=${hmac(secret, at - 3600, body)}`),
    'a time of ten minutes ago': header(`t=${at - 601},v1=${hmac(secret, at - 601, body)}`),
    'a time to come': header(`t=${at + 3600},v1=${hmac(secret, at + 3600, body)}`),
    'an old signature under a new time': header(`t=${at},v1=${hmac(secret, at - 3600, body)}`),
    'a changed time': header(`t=${at - 1},v1=${good}`),
    'the signature of another body': header(`t=${at},v1=${hmac(secret, at, `${body} `)}`),
    'the secret of another webhook': header(`t=${at},v1=${hmac(other, at, body)}`),
    'an empty secret': header(`t=${at},v1=${hmac('', at, body)}`),
    'SHA-1': header(`t=${at},v1=${hmac(secret, at, body, 'sha1')}`),
    'a version that is none': header(`t=${at},v0=${good}`),
    'no time': header(`v1=${good}`),
    'a time that is no number': header(`t=NaN,v1=${hmac(secret, 'NaN', body)}`),
    'a time in milliseconds': header(`t=${at}000,v1=${hmac(secret, `${at}000`, body)}`),
    'a signature cut off': header(`t=${at},v1=${good.slice(0, 32)}`),
    'one letter changed': header(`t=${at},v1=${good.replace(/^./, (one) => (one === '0' ? '1' : '0'))}`),
    'a signature of zeros': header(`t=${at},v1=${'0'.repeat(64)}`),
    "GitHub's signature, which names no time": { 'x-hub-signature-256': `sha256=${github}` },
    'an API key in place of it': { authorization: 'Bearer tk_none' },
  };
}

function webhooks({ attacker: { has }, victim }: Site): Attack[] {
  const body = '{"name":"replayed"}';
  const json = { 'content-type': 'application/json' };
  return Object.entries(signatures(has.webhookSecret, victim.has.webhookSecret, body)).map(([what, headers]) => ({
    name: `a webhook with ${what}`,
    send: (at) => at.send({ method: 'POST', path: has.webhookPath, body, headers: { ...json, ...headers } }),
    judge: refusedWith([400, 401]),
  }));
}

/** A request that was good once begins nothing more. */
function onceMore({ attacker: { has } }: Site): Attack[] {
  const signed = (body: string) => {
    const seconds = now();
    const headers = {
      'content-type': 'application/json',
      'treadle-signature': `t=${seconds},v1=${hmac(has.webhookSecret, seconds, body)}`,
    };
    return { method: 'POST', path: has.webhookPath, body, headers };
  };
  const runOf = ({ text }: Answer) => (parsed(text) as { run_id?: string } | undefined)?.run_id;
  const again: Attack = {
    name: 'a webhook once more begins no run',
    send: async (at) => {
      const sent = signed(JSON.stringify({ name: randomUUID() }));
      const [first, second, third] = [await at.send(sent), await at.send(sent), await at.send(sent)];
      const runs = new Set([runOf(first), runOf(second), runOf(third)]);
      return runs.size === 1 && runOf(first) !== undefined ? third : { ...third, status: 200, text: 'several runs' };
    },
    judge: refusedWith([202]),
  };
  const methods = ['GET', 'PUT', 'PATCH', 'DELETE'].map(
    (method): Attack => ({
      name: `a good signature with ${method}`,
      send: (at) => at.send({ ...signed('{"name":"x"}'), method }),
      judge: refusedWith([400, 401, 405]),
    }),
  );
  const elsewhere: Attack = {
    name: 'a good signature at the webhook of another',
    send: (at) => at.send({ ...signed('{"name":"x"}'), path: at.victim.has.webhookPath }),
    judge: refusedWith([401]),
  };
  return [again, ...methods, elsewhere];
}

/** Signs in people of the attacker before anything is compared. */
async function sessions(site: Site, count: number): Promise<readonly Tokens[]> {
  const api = new ApiClient({ url: site.url, apiKey: site.attacker.owner });
  return Promise.all(
    Array.from({ length: count }, async () => {
      const json = { email: `${randomUUID()}@example.com`, role: 'viewer' };
      return accept(api, await api.send('/api/v1/users', { method: 'POST', json }));
    }),
  );
}

const refresh = (refresh_token: unknown) => ({ method: 'POST', path: '/api/v1/auth/refresh', json: { refresh_token } });

async function refreshTokens(site: Site): Promise<Attack[]> {
  const [used, family, out, parallel, plain] = (await sessions(site, 5)) as [Tokens, Tokens, Tokens, Tokens, Tokens];
  const wrong: Readonly<Record<string, unknown>> = {
    'an access token': plain.access_token,
    'a token cut off': plain.refresh_token.slice(0, -1),
    'a token and a letter': `${plain.refresh_token}x`,
    'a token in capitals': plain.refresh_token.toUpperCase(),
    'a wildcard': '%',
    SQL: "' or '1'='1",
    'a NUL byte': '\u0000',
    'a list': [plain.refresh_token],
    'an object': { $ne: null },
    nothing: '',
  };
  return [
    {
      name: 'a refresh token twice',
      send: async (at) => {
        await at.send(refresh(used.refresh_token));
        return at.send(refresh(used.refresh_token));
      },
      judge: refusedWith([401], ['unauthenticated']),
    },
    {
      name: 'a refresh token twice ends what came of it',
      send: async (at) => {
        const newest = parsed((await at.send(refresh(family.refresh_token))).text) as Tokens;
        await at.send(refresh(family.refresh_token));
        return at.send(refresh(newest.refresh_token));
      },
      judge: refusedWith([401], ['unauthenticated']),
    },
    {
      name: 'a refresh token after signing out',
      send: async (at) => {
        await at.send({ method: 'POST', path: '/api/v1/auth/sign-out', as: out.access_token });
        return at.send(refresh(out.refresh_token));
      },
      judge: refusedWith([401], ['unauthenticated']),
    },
    {
      name: 'a refresh token ten times at once',
      send: async (at) => {
        const answers = await Promise.all(Array.from({ length: 10 }, () => at.send(refresh(parallel.refresh_token))));
        const let_in = answers.filter(({ status }) => status === 200).length;
        const refused = answers.find(({ status }) => status !== 200) ?? { status: 0, headers: {}, text: '' };
        return let_in <= 1 ? refused : { ...refused, status: 200 };
      },
      judge: refusedWith([401]),
    },
    ...Object.entries(wrong).map(
      ([what, token]): Attack => ({
        name: `${what} as a refresh token`,
        send: (at) => at.send(refresh(token)),
        judge: refusedWith([400, 401]),
      }),
    ),
  ];
}

/** Other things that are good once. */
function once({ attacker: { has, owner } }: Site): Attack[] {
  const code =
    (statuses: readonly number[], codes: readonly string[]): Attack['judge'] =>
    (answer) =>
      refusedWith(statuses)(answer) ?? (codes.includes(codeOf(answer)) ? undefined : `code "${codeOf(answer)}"`);
  return [
    {
      name: 'an invitation twice',
      send: async (at) => {
        const json = { email: `${randomUUID()}@example.com`, role: 'viewer' };
        const made = await at.send({ method: 'POST', path: '/api/v1/users', json, as: owner });
        const { invitation } = parsed(made.text) as { invitation: { token: string } };
        const accepted = { token: invitation.token, password: 'a password that is long' };
        await at.send({ method: 'POST', path: '/api/v1/auth/accept-invitation', json: accepted });
        return at.send({
          method: 'POST',
          path: '/api/v1/auth/accept-invitation',
          json: { ...accepted, password: 'another long password' },
        });
      },
      judge: refusedWith([404]),
    },
    {
      name: 'an approval answered twice',
      send: async (at) => {
        const answer = {
          method: 'POST',
          path: `/api/v1/approvals/${has.approvalToken}`,
          json: { action: 'yes', by: 'x' },
        };
        await at.send(answer);
        return at.send(answer);
      },
      judge: code([409], ['already_answered', 'no_longer_asked']),
    },
    {
      name: 'an idempotency key with another request',
      send: async (at) => {
        const headers = { 'idempotency-key': randomUUID() };
        const path = `/api/v1/workflows/${has.workflow}/runs`;
        await at.send({ method: 'POST', path, json: { query: 'one', mode: 'async' }, headers, as: owner });
        return at.send({ method: 'POST', path, json: { query: 'two', mode: 'async' }, headers, as: owner });
      },
      judge: code([409, 422], ['idempotency_key_reused']),
    },
    {
      name: 'a key that was revoked',
      send: async (at) => {
        const made = await at.send({
          method: 'POST',
          path: '/api/v1/keys',
          json: { name: 'gone', scopes: ['runs:read'] },
          as: owner,
        });
        const { id, key } = parsed(made.text) as { id: number; key: string };
        await at.send({ method: 'DELETE', path: `/api/v1/keys/${id}`, as: owner });
        return at.send({ path: '/api/v1/runs', as: key });
      },
      judge: refusedWith([401]),
    },
    {
      name: 'a webhook of a workflow that has it no more',
      send: async (at) => {
        const made = await at.send({
          method: 'POST',
          path: '/api/v1/workflows',
          json: echoDocument('hookless'),
          as: owner,
        });
        const { id } = parsed(made.text) as { id: string };
        return at.send({ method: 'POST', path: `/hooks/${id}`, json: {} });
      },
      judge: refusedWith([401, 404]),
    },
  ];
}

/** What was good once, again. */
export const replay: AttackClass = {
  name: 'replay',
  attacks: async (site) => [...webhooks(site), ...onceMore(site), ...(await refreshTokens(site)), ...once(site)],
};
