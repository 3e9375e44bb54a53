import { type Attack, type AttackClass, both, refusedWith } from './attack.js';
import { otherPages } from './origins.js';
import type { Site } from './site.js';
import { type Mint, openMint, wrongTokens } from './tokens.js';
import { brokenFrames } from './web-socket-frames.js';
import { badSubscriptions, tooManySockets } from './web-socket-subscriptions.js';
import { closedWith, follow, gaveNothing, init, type Opening, openSocket, talk } from './web-socket-talk.js';

/** Asks for a WebSocket that is not to be given. */
function notOpened(name: string, statuses: readonly number[], opening: Opening): Attack {
  return {
    name,
    send: async (at, id) => (await openSocket(at, id, opening)).end(),
    judge: refusedWith(statuses),
  };
}

function openings(): Attack[] {
  const places = [
    ...['/api/v1/runs', '/api/v1/graphql', '/v1/chat-messages', '/openai/v1/chat/completions', '/hooks/nobody'],
    ...[
      '/graphql/x',
      '//graphql',
      '/GraphQL',
      '/graphql%00',
      '/graphql%2f',
      '/api/v1/../../graphql',
      '/api/docs-json/x',
    ],
    ...['/graphql;x', '/approvals/x/y', '/.well-known/nothing', '/v1/info', '/graphql#x'],
  ];
  const key = 'Sec-WebSocket-Key';
  const version = 'Sec-WebSocket-Version';
  const shakes: Readonly<Record<string, Opening>> = {
    'another version': { headers: { [version]: '7' } },
    'a version to come': { headers: { [version]: '99' } },
    'no version': { headers: { [version]: undefined } },
    'no key': { headers: { [key]: undefined } },
    'an empty key': { headers: { [key]: '' } },
    'a short key': { headers: { [key]: 'AAAA' } },
    'a key of 1,000 letters': { headers: { [key]: 'A'.repeat(1000) } },
    'a key that is no base64': { headers: { [key]: '!!!!!!!!!!!!!!!!!!!!!!==' } },
    POST: { method: 'POST' },
    PUT: { method: 'PUT', headers: { 'Content-Length': '0' } },
    'another protocol': { headers: { Upgrade: 'h2c' } },
    'two protocols': { headers: { Upgrade: 'websocket, h2c' } },
    'a subprotocol that is none': { headers: { 'Sec-WebSocket-Protocol': 'graphql transport ws,,' } },
    'a subprotocol twice': { headers: { 'Sec-WebSocket-Protocol': 'a, a' } },
  };
  return [
    ...otherPages.map((origin) => notOpened(`a page of ${origin} opens one`, [403], { headers: { Origin: origin } })),
    ...places.map((path) => notOpened(`one at ${path}`, [200, 400, 401, 404, 405], { path })),
    ...Object.entries(shakes).map(([name, opening]) =>
      notOpened(`opened with ${name}`, [400, 401, 404, 405, 415, 426], opening),
    ),
    ...['graphql-ws', 'soap', undefined].map((protocol) =>
      talk(`the subprotocol ${protocol}`, () => undefined, closedWith(4406), {
        headers: { 'Sec-WebSocket-Protocol': protocol },
      }),
    ),
  ];
}

/** Credentials that are none, or are not shown as one. */
function credentials(mint: Mint, { victim, attacker }: Site): Attack[] {
  const shown = (name: string, message: unknown, codes = [4401], opening: Opening = {}): Attack =>
    talk(name, (socket) => socket.say(message), closedWith(...codes), opening);
  const byTokens = Object.entries(wrongTokens(mint, attacker.id)).map(([what, token]) => shown(what, init(token)));
  const { owner } = attacker;
  const params: Readonly<Record<string, unknown>> = {
    'no credential': {},
    'an empty one': { Authorization: '' },
    'one without a scheme': { Authorization: owner },
    'one as Basic': { Authorization: `Basic ${Buffer.from(`x:${owner}`).toString('base64')}` },
    'one in a list': { Authorization: [`Bearer ${owner}`] },
    'one in an object': { Authorization: { $ne: '' } },
    'one under another name': { token: owner, apiKey: owner, authToken: owner, headers: { Authorization: owner } },
    'a number': { Authorization: 1 },
    'one of 10,000 letters': { Authorization: `Bearer ${'A'.repeat(10_000)}` },
    'a NUL byte': { Authorization: 'Bearer \u0000' },
    'the prefix alone': { Authorization: 'Bearer ' },
  };
  const ways: Readonly<Record<string, unknown>> = {
    'a payload that is text': { type: 'connection_init', payload: `Bearer ${owner}` },
    'a payload that is a list': { type: 'connection_init', payload: [`Bearer ${owner}`] },
    'a payload that is a number': { type: 'connection_init', payload: 1 },
    'one in the prototype': `{"type":"connection_init","payload":{"__proto__":{"Authorization":"Bearer ${owner}"}}}`,
    'one in the prototype of all': `{"type":"connection_init","payload":{"constructor":{"prototype":{"Authorization":"Bearer ${owner}"}}}}`,
    'one in the prototype of the message': `{"type":"connection_init","__proto__":{"payload":{"Authorization":"Bearer ${owner}"}}}`,
  };
  return [
    ...byTokens,
    ...Object.entries(params).map(([what, payload]) => shown(what, { type: 'connection_init', payload })),
    ...Object.entries(ways).map(([what, message]) => shown(what, message, [4400, 4401])),
    shown('a wrong one, and a good one in a header', init('nobody'), [4401], {
      headers: { Authorization: `Bearer ${owner}` },
    }),
    shown('one as a cookie', { type: 'connection_init' }, [4401], { headers: { Cookie: `access_token=${owner}` } }),
    shown('one in the address', { type: 'connection_init' }, [4401], { path: `/graphql?access_token=${owner}` }),
    shown('a subscription before a credential', follow(victim.has.run)),
    talk(
      'a credential and a subscription at once, both wrong',
      (socket) => socket.say(init('nobody'), follow(victim.has.run)),
      closedWith(4401),
    ),
  ];
}

/** Those who open one and do not come in. */
function loiterers(): Attack[] {
  const bad = [
    ...['hello', '', '{', 'null', '1', '[]', '"x"', '{}', '{"type":1}', '{"type":null}', '{"type":"constructor"}'],
    ...['{"type":"ping","payload":1}', '{"type":"__proto__"}', '{"type":"subscribe"}', '{"type":"complete"}'],
    ...[
      '['.repeat(60_000),
      `${'['.repeat(30_000)}${']'.repeat(30_000)}`,
      `{"a":${'{"a":'.repeat(5000)}1${'}'.repeat(5001)}`,
    ],
    ...[
      '{"type":"ping","payload":{"__proto__":{}}}',
      '{"type":"connection_init","type":"x"}',
      '\u0000',
      '{"type":"ping\u0000"}',
    ],
  ];
  return [
    talk('somebody who says nothing', () => undefined, closedWith(4408)),
    talk(
      'somebody who pings and never comes in',
      async (socket) => {
        for (let index = 0; index < 200 && socket.isOpen; index += 1) {
          socket.say({ type: 'ping' });
          await socket.until(() => false, 30);
        }
      },
      closedWith(4408),
    ),
    talk(
      '20,000 pongs',
      (socket) => socket.say(...Array.from({ length: 20_000 }, () => ({ type: 'pong' }))),
      closedWith(4408),
    ),
    ...bad.map((text) =>
      talk(
        `no message: ${JSON.stringify(text.slice(0, 40))}`,
        (socket) => socket.say(text),
        both(closedWith(4400), gaveNothing),
      ),
    ),
  ];
}

/** Subscriptions over WebSockets by those who may not, and what is no WebSocket. */
export const webSockets: AttackClass = {
  name: 'web-sockets',
  attacks: async (site) => {
    const mint = await openMint(site);
    const [opened, shown, asked] = [openings(), credentials(mint, site), badSubscriptions(site, mint)];
    return [...asked, ...opened, ...shown, ...loiterers(), ...brokenFrames];
  },
  afterwards: tooManySockets,
};
