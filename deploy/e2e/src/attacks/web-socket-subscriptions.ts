import { randomUUID } from 'node:crypto';
import { ApiClient } from '@treadle/cli';
import { type Attack, both, type Verdict } from './attack.js';
import { bombs } from './graphql.js';
import { tellsNothing } from './object-authorisation.js';
import type { RawWebSocket } from './raw-web-socket.js';
import { accept, type Site } from './site.js';
import type { Mint } from './tokens.js';
import { signed } from './tokens.js';
import { closedWith, comeIn, follow, gaveNothing, init, openSocket, subscribe } from './web-socket-talk.js';

/** Accepts errors in place of events, or a socket that was closed for what was sent. */
const refused: Attack['judge'] = (answer): Verdict => {
  const isClosed = ['1009', '4400'].includes(answer.headers['close-code'] ?? '');
  return isClosed || /"type":"error"|"payload":\{"errors"/.test(answer.text)
    ? gaveNothing(answer)
    : `is not refused: ${JSON.stringify(answer.headers)} ${answer.text.slice(0, 300)}`;
};

/** Asks by somebody who was let in, and hears what comes of it. */
function ask(
  name: string,
  message: (site: Site) => unknown,
  judge: Attack['judge'] = refused,
  as: (site: Site) => string = (site) => site.attacker.owner,
): Attack {
  return {
    name,
    send: async (at, id) => {
      const socket = await comeIn(at, id, as(at));
      socket.say(message(at));
      await socket.until(() => socket.messages.some((one) => /"type":"(?:error|next|complete)"/.test(one)), 5000);
      return socket.end();
    },
    judge,
  };
}

const roots = (count: number) =>
  Array.from({ length: count }, (_, index) => `a${index}: run_events(id: "x") { id }`).join(' ');
const repeated = (count: number, text: string) => text.repeat(count);
const ownBombs: Readonly<Record<string, string>> = {
  'two subscriptions in one': `subscription { ${roots(2)} }`,
  '16 subscriptions in one': `subscription { ${roots(16)} }`,
  '1,000 subscriptions in one': `subscription { ${roots(1000)} }`,
  'aliases of a field, 1,000 times': `subscription { run_events(id: "x") { ${Array.from({ length: 1000 }, (_, index) => `a${index}: data`).join(' ')} } }`,
  'a field 600 times': `subscription { run_events(id: "x") { ${repeated(600, 'data ')} } }`,
  'depth 50': `subscription { run_events(id: "x") { ${repeated(50, 'a { ')} id ${repeated(50, '}')} } }`,
  'fragments that double': `subscription { run_events(id: "x") { ...f0 } } ${Array.from({ length: 30 }, (_, index) => `fragment f${index} on Event { ...f${index + 1} ...f${index + 1} }`).join(' ')} fragment f30 on Event { id }`,
  'a fragment of itself': 'subscription { ...f } fragment f on Subscription { ...f }',
  'subscriptions in fragments': `subscription { ...f ...g } fragment f on Subscription { a: run_events(id: "x") { id } } fragment g on Subscription { b: run_events(id: "x") { id } }`,
  '500 directives': `subscription { run_events(id: "x") { id ${repeated(500, '@include(if: true) ')} } }`,
  'a root that is skipped': 'subscription { run_events(id: "x") @skip(if: true) { id } }',
  'a fragment at the root that is left out':
    'subscription { ...f } fragment f on Subscription { ... @include(if: false) { run_events(id: "x") { id } } }',
  introspection: 'subscription { __schema { types { name } } }',
  'its own name': 'subscription { __typename }',
  'a query': '{ workflows { items { id } } }',
  'a query beside it': 'query a { workflows { items { id } } } subscription b { run_events(id: "x") { id } }',
  'a list 5,000 deep for an id': `subscription { run_events(id: ${repeated(5000, '[')}${repeated(5000, ']')}) { id } }`,
};

const text = 'subscription { run_events(id: "x") { id } }';
const raw = (payload: string) => `{"type":"subscribe","id":"1","payload":${payload}}`;
const shapes: Readonly<Record<string, unknown>> = {
  'a payload that is a list': raw('[]'),
  'a payload that is text': raw('"x"'),
  'no payload': { type: 'subscribe', id: '1' },
  'a query that is a list': subscribe([text]),
  'a query that is a number': subscribe(1),
  'variables that are text': subscribe(text, { variables: '{}' }),
  'variables with the prototype': raw(
    `{"query":"${text.replaceAll('"', '\\"')}","variables":{"__proto__":{"id":"x"}}}`,
  ),
  'extensions with the prototype': raw(`{"query":"{ a }","extensions":{"__proto__":{"persistedQuery":{}}}}`),
  'a payload with the prototype': raw(`{"__proto__":{"query":"{ a }"}}`),
  'a payload with the prototype, escaped': raw(`{"\\u005f_proto__":{"query":"{ a }"}}`),
  'a constructor with a prototype': raw(`{"query":"{ a }","variables":{"constructor":{"prototype":{"id":"x"}}}}`),
  'variables 5,000 deep': raw(`{"query":"{ a }","variables":{"id":${'['.repeat(5000)}${']'.repeat(5000)}}}`),
  'a field that nobody knows': subscribe(text, { tenant_id: 'default' }),
  'an operation that is not there': subscribe(text, { operationName: 'b' }),
  'a hash that is none': subscribe(undefined, { extensions: { persistedQuery: { version: 1, sha256Hash: '../x' } } }),
  'a hash that nobody knows': subscribe(undefined, {
    extensions: { persistedQuery: { version: 1, sha256Hash: '0'.repeat(64) } },
  }),
};

/** Runs that are another's, or none, and places in a stream that are none. */
function ofOthers({ victim, attacker }: Site): Attack[] {
  const runs = {
    'a run of another': victim.has.run,
    'a waiting run of another': victim.has.approvalRun,
    'a workflow of another': victim.has.workflow,
    'a run that never was': randomUUID(),
    'a run in capitals': victim.has.run.toUpperCase(),
    SQL: "' or true --",
    'a path': `../${victim.has.run}`,
    'a NUL byte': '\u0000',
    'a wildcard of NATS': '>',
    'a part of a subject': `${victim.has.run}.events`,
    'nothing at all': '',
    'the prototype': '__proto__',
    'an id of 10,000 letters': 'a'.repeat(10_000),
  };
  const nothing = both(refused, tellsNothing);
  const places = ['yesterday', "' or true --", '-1', '9'.repeat(100), '../0', '\u0000', 'NaN'];
  const { approvalRun, appKey, datasetKey } = attacker.has;
  return [
    ...Object.entries(runs).map(([what, run]) => ask(`${what} for an id`, () => follow(run), nothing)),
    ...places.map((last) =>
      ask(`a place in a stream that is none: ${JSON.stringify(last).slice(0, 20)}`, () =>
        follow(approvalRun, '1', { last }),
      ),
    ),
    ask(
      'a run of another app',
      () => follow(approvalRun),
      nothing,
      () => appKey,
    ),
    ask(
      'a run of another by the key of an app',
      () => follow(victim.has.run),
      nothing,
      () => appKey,
    ),
    ask(
      'a run with a key for datasets',
      () => follow(approvalRun),
      nothing,
      () => datasetKey,
    ),
  ];
}

/** Messages that break the protocol's order. */
function disorder({ attacker: { has } }: Site): Attack[] {
  const after = (name: string, codes: readonly number[], ...messages: readonly unknown[]): Attack => ({
    name,
    send: async (at, id) => {
      const socket = await comeIn(at, id, at.attacker.owner);
      socket.say(...messages);
      await socket.until(() => !socket.isOpen, 5000);
      return { ...socket.end(), text: '' };
    },
    judge: closedWith(...codes),
  });
  const twice = (id: unknown) => [follow(has.approvalRun, id), follow(has.approvalRun, id)];
  return [
    after('an id twice', [4409], ...twice('1')),
    after('an id of 50,000 letters twice', [4409], ...twice('x'.repeat(50_000))),
    after('an id of letters of many bytes twice', [4409], ...twice('€'.repeat(100))),
    after('the prototype for an id, twice', [4400, 4409], ...twice('__proto__')),
    after('a name of every object for an id, twice', [4409], ...twice('hasOwnProperty')),
    ...[1, null, {}, ['1'], true, ''].map((id) => after(`${JSON.stringify(id)} for an id`, [4400], ...twice(id))),
    after('a second credential, which is as good', [4429], init(has.appKey)),
    after('the credential again, a hundred times', [4429], ...Array.from({ length: 100 }, () => init('nobody'))),
    ...['connection_ack', 'next', 'error', 'start', 'stop', 'connection_terminate', '__proto__', 'toString'].map(
      (type) => after(`the message ${type}, which no client sends`, [4400], { type, id: '1', payload: {} }),
    ),
  ];
}

/** More at once than anybody needs. */
function floods({ attacker: { has } }: Site): Attack[] {
  const many = (count: number, message: (index: number) => readonly unknown[]) =>
    Array.from({ length: count }, (_, index) => message(index)).flat();
  const idsOf = (socket: RawWebSocket, type: string) =>
    new Set(
      socket.messages.filter((one) => one.includes(`"type":"${type}"`)).map((one) => /"id":"(\d+)"/.exec(one)?.[1]),
    );
  const most: Attack = {
    name: '3,000 subscriptions over one connection, of which 20 are taken',
    send: async (at, id) => {
      const socket = await comeIn(at, id, at.attacker.owner);
      socket.say(...many(3000, (index) => [follow(has.approvalRun, String(index))]));
      await socket.until(() => idsOf(socket, 'error').size >= 2980, 20_000);
      const [taken, not] = [idsOf(socket, 'next').size, idsOf(socket, 'error').size];
      return { ...socket.end(), text: `${taken} taken, ${not} not` };
    },
    judge: ({ text: told }) => {
      const [, taken = '', not = ''] = /(\d+) taken, (\d+) not/.exec(told) ?? [];
      return Number(taken) <= 20 && Number(not) >= 2980 ? undefined : told;
    },
  };
  const churn: Attack = {
    name: '500 subscriptions, each given up at once',
    send: async (at, id) => {
      const socket = await comeIn(at, id, at.attacker.owner);
      socket.say(
        ...many(500, (index) => [follow(has.approvalRun, String(index)), { type: 'complete', id: String(index) }]),
        { type: 'ping' },
      );
      const answered = await socket.until(() => socket.messages.some((one) => one.includes('"pong"')), 20_000);
      return { ...socket.end(), text: String(answered) };
    },
    judge: ({ text: told }) => (told === 'true' ? undefined : 'the server does not answer any more'),
  };
  return [most, churn];
}

/** Whoever loses a credential loses what it has opened, within five seconds. */
function lost(site: Site, mint: Mint): Attack[] {
  const { attacker } = site;
  const api = new ApiClient({ url: site.url, apiKey: attacker.owner });
  const losing = (
    name: string,
    code: number,
    make: () => Promise<{ readonly credential: string; readonly lose: () => Promise<unknown> }>,
    run = attacker.has.approvalRun,
  ): Attack => ({
    name,
    send: async (at, id) => {
      const { credential, lose } = await make();
      const socket = await comeIn(at, id, credential);
      socket.say(follow(run));
      const followed = await socket.until(() => socket.messages.some((one) => one.includes('"next"')), 5000);
      await lose();
      await socket.until(() => !socket.isOpen, 5000);
      return { ...socket.end(), status: 101, text: followed ? '' : 'there was nothing to lose' };
    },
    judge: both(closedWith(code), ({ text: told }) => told || undefined),
  });
  const person = async () => {
    const json = { email: `${randomUUID()}@example.com`, role: 'viewer' };
    const made = await api.send<{ id: string }>('/api/v1/users', { method: 'POST', json });
    return { id: made.id, tokens: await accept(api, made as never) };
  };
  return [
    losing('a key that is revoked while it is open', 4401, async () => {
      const json = { name: 'soon gone', scopes: ['runs:read'] };
      const { id, key } = await api.send<{ id: number; key: string }>('/api/v1/keys', { method: 'POST', json });
      return { credential: key, lose: () => api.send(`/api/v1/keys/${id}`, { method: 'DELETE' }) };
    }),
    losing('somebody who signs out while it is open', 4401, async () => {
      const { tokens } = await person();
      const own = new ApiClient({ url: site.url, apiKey: tokens.access_token });
      return { credential: tokens.access_token, lose: () => own.send('/api/v1/auth/sign-out', { method: 'POST' }) };
    }),
    losing('somebody who is removed while it is open', 4401, async () => {
      const { id, tokens } = await person();
      return { credential: tokens.access_token, lose: () => api.send(`/api/v1/users/${id}`, { method: 'DELETE' }) };
    }),
    losing(
      'a token that ends while it is open',
      4401,
      async () => {
        const credential = signed(mint, {}, { exp: Math.floor(Date.now() / 1000) + 3 });
        return { credential, lose: () => new Promise((resolve) => setTimeout(resolve, 2000)) };
      },
      site.victim.has.approvalRun,
    ),
  ];
}

/** What is asked over a WebSocket by somebody who was let in. */
export function badSubscriptions(site: Site, mint: Mint): readonly Attack[] {
  const documents = Object.entries({ ...bombs, ...ownBombs }).map(([name, query]) =>
    ask(`${name}, over a WebSocket`, () => subscribe(query)),
  );
  const requests = Object.entries(shapes).map(([name, message]) => ask(`${name}, over a WebSocket`, () => message));
  return [...lost(site, mint), ...ofOthers(site), ...documents, ...requests, ...disorder(site), ...floods(site)];
}

/** An organisation has so many open at a time, and no more. */
export async function tooManySockets(site: Site): Promise<Verdict> {
  const [most, tried] = [200, 230];
  const sockets = await Promise.all(
    Array.from({ length: tried }, async (_, index) => {
      const socket = await openSocket(site, `many-sockets-${index}`);
      socket.say(init(site.attacker.owner));
      await socket.until(() => socket.messages.length > 0, 20_000);
      return socket;
    }),
  );
  const taken = sockets.filter((socket) => socket.isOpen && socket.messages.length > 0).length;
  for (const socket of sockets) socket.end();
  return taken <= most ? undefined : `${taken} connections of an organisation are open`;
}
