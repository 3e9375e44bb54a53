import { type Answer, type Attack, type AttackClass, refusedWith } from './attack.js';
import { addressFor, answersIn, type Part } from './send.js';
import type { Site } from './site.js';

const CRLF = '\r\n';

/** A request inside of another, which would delete something of the caller's. */
const hidden = ({ attacker }: Site) =>
  `DELETE /api/v1/roles/${attacker.has.role} HTTP/1.1${CRLF}Host: x${CRLF}Authorization: Bearer ${attacker.owner}${CRLF}${CRLF}`;

interface Shape {
  readonly name: string;
  readonly bytes: (site: Site, head: string) => readonly Part[];
  /** Statuses of the only answer; without an answer the server has closed. */
  readonly statuses?: readonly number[];
}

/** A POST with these headers and what follows. */
const post = (name: string, headers: readonly string[], body: (site: Site) => string | Buffer): Shape => ({
  name,
  bytes: (site, head) => [
    `POST /api/v1/auth/sign-in HTTP/1.1${CRLF}${head}${headers.map((one) => `${one}${CRLF}`).join('')}${CRLF}`,
    body(site),
  ],
});

const chunkedThenHidden = (site: Site) => `0${CRLF}${CRLF}${hidden(site)}`;
const length = 'Content-Length: 4';

/** Lengths that two readers would read differently. */
const lengths: readonly Shape[] = [
  post('length and chunks', [length, 'Transfer-Encoding: chunked'], chunkedThenHidden),
  post('chunks and length', ['Transfer-Encoding: chunked', length], chunkedThenHidden),
  ...['5, 5', '5,6', '+5', '-5', '5 5', '0x5', '5.0', '5e0', '99999999999999999999999', '٥', ' ', '"5"'].map((value) =>
    post(`length ${JSON.stringify(value)}`, [`Content-Length: ${value}`], () => 'abcde'),
  ),
  post('two lengths', ['Content-Length: 0', length], hidden),
  post('two equal lengths', [length, length], () => 'abcd'),
  post('a length with a space before the colon', ['Content-Length : 4'], () => 'abcd'),
  post('a length behind a tab', ['\tContent-Length: 4'], hidden),
];

const encodings: readonly Shape[] = [
  'xchunked',
  'chunked, identity',
  'identity, chunked, identity',
  'chunked, chunked',
  'chunked;q=1',
  'gzip',
  'chunked\u000b',
  'chun\u0000ked',
  '"chunked"',
  'c\u200bhunked',
].map((value) => post(`encoding ${JSON.stringify(value)}`, [`Transfer-Encoding: ${value}`, length], chunkedThenHidden));

const encodingNames: readonly Shape[] = [
  ['Transfer-Encoding : chunked', length],
  ['Transfer-Encoding\t: chunked', length],
  [' Transfer-Encoding: chunked', length],
  ['Transfer-Encoding:', ' chunked', length],
  ['X: x\nTransfer-Encoding: chunked', length],
  ['X: x\rTransfer-Encoding: chunked', length],
  ['Transfer-Encoding: identity', 'Transfer-Encoding: chunked', length],
  ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity', length],
  ['Transfer_Encoding: chunked', 'Transfer-Encoding: chunked', length],
].map((headers) => post(`headers ${JSON.stringify(headers)}`, headers, chunkedThenHidden));

const chunks: readonly Shape[] = [
  ['a size that is no number', `z${CRLF}abc${CRLF}0${CRLF}${CRLF}`],
  ['a size with 0x', `0x3${CRLF}abc${CRLF}0${CRLF}${CRLF}`],
  ['a negative size', `-3${CRLF}abc${CRLF}0${CRLF}${CRLF}`],
  ['a size that overflows', `fffffffffffffffff${CRLF}abc${CRLF}`],
  ['a size behind a space', ` 3${CRLF}abc${CRLF}0${CRLF}${CRLF}`],
  ['a size before a bare LF', `3\nabc${CRLF}0${CRLF}${CRLF}`],
  ['data that is longer than said', `3${CRLF}abcdef${CRLF}0${CRLF}${CRLF}`],
  ['data that ends in a bare LF', `3${CRLF}abc\n0${CRLF}${CRLF}`],
  ['an extension with a bare LF', `3;x=\ny${CRLF}abc${CRLF}0${CRLF}${CRLF}`],
  ['an extension that is very long', `3;${'x'.repeat(20_000)}${CRLF}abc${CRLF}0${CRLF}${CRLF}`],
  ['no size', `${CRLF}abc${CRLF}0${CRLF}${CRLF}`],
].map(([name = '', body = '']) => post(`a chunk: ${name}`, ['Transfer-Encoding: chunked'], () => body));

/** Heads that are no heads. */
const heads: readonly Shape[] = [
  ...[
    ['bare LF', 'GET /api/v1/workflows HTTP/1.1\nHost: x\n\n'],
    ['bare CR', 'GET /api/v1/workflows HTTP/1.1\rHost: x\r\r'],
    ['no version', `GET /nowhere${CRLF}${CRLF}`],
    ['HTTP/0.9', `GET /${CRLF}`],
    ['HTTP/1.2', `GET / HTTP/1.2${CRLF}Host: x${CRLF}${CRLF}`],
    ['HTTP/3.0', `GET / HTTP/3.0${CRLF}Host: x${CRLF}${CRLF}`],
    ['the beginning of HTTP/2', `PRI * HTTP/2.0${CRLF}${CRLF}SM${CRLF}${CRLF}`],
    ['a space in the address', `GET /api/v1/ workflows HTTP/1.1${CRLF}Host: x${CRLF}${CRLF}`],
    ['a tab for a space', `GET\t/api/v1/workflows\tHTTP/1.1${CRLF}Host: x${CRLF}${CRLF}`],
    ['a NUL byte in the address', `GET /api/v1/\0 HTTP/1.1${CRLF}Host: x${CRLF}${CRLF}`],
    ['a NUL byte in a header', `GET / HTTP/1.1${CRLF}Host: x${CRLF}X: a\0b${CRLF}${CRLF}`],
    ['a header without a colon', `GET / HTTP/1.1${CRLF}Host: x${CRLF}nothing${CRLF}${CRLF}`],
    ['a header without a name', `GET / HTTP/1.1${CRLF}Host: x${CRLF}: y${CRLF}${CRLF}`],
    ['a name with a space', `GET / HTTP/1.1${CRLF}Host: x${CRLF}X Y: z${CRLF}${CRLF}`],
    ['a header that is folded', `GET / HTTP/1.1${CRLF}Host: x${CRLF}X: a${CRLF}\u000bb: c${CRLF}${CRLF}`],
    ['no host', `GET /api/v1/workflows HTTP/1.1${CRLF}${CRLF}`],
    ['a method that is none', `G@T / HTTP/1.1${CRLF}Host: x${CRLF}${CRLF}`],
    ['a method in small letters', `get /api/v1/workflows HTTP/1.1${CRLF}Host: x${CRLF}${CRLF}`],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  ].map(([name = '', bytes = '']): Shape => ({ name: `a head: ${name}`, bytes: () => [Buffer.from(bytes, 'latin1')] })),
  {
    name: 'CONNECT',
    bytes: (_, head) => [`CONNECT evil.example.com:443 HTTP/1.1${CRLF}${head}${CRLF}`],
    statuses: [400, 404, 405],
  },
  { name: 'TRACE', bytes: (_, head) => [`TRACE / HTTP/1.1${CRLF}${head}${CRLF}`], statuses: [404, 405] },
  {
    name: 'an address of another host',
    bytes: (_, head) => [`GET http://evil.example.com/api/v1/workflows HTTP/1.1${CRLF}${head}${CRLF}`],
    statuses: [400, 401, 404],
  },
  {
    name: 'an address of a file',
    bytes: (_, head) => [`GET file:///etc/passwd HTTP/1.1${CRLF}${head}${CRLF}`],
    statuses: [400, 404],
  },
  {
    name: 'an address that is a host',
    bytes: (_, head) => [`GET evil.example.com:80 HTTP/1.1${CRLF}${head}${CRLF}`],
    statuses: [400, 404],
  },
  {
    name: 'an address with two slashes',
    bytes: (_, head) => [`GET //evil.example.com/%2e%2e HTTP/1.1${CRLF}${head}${CRLF}`],
    statuses: [400, 404],
  },
  {
    name: 'an address that is a star',
    bytes: (_, head) => [`OPTIONS * HTTP/1.1${CRLF}${head}${CRLF}`],
    statuses: [400, 404],
  },
  {
    name: 'a method in a header',
    bytes: (site, head) => [
      `GET /api/v1/roles/${site.attacker.has.role} HTTP/1.1${CRLF}${head}X-HTTP-Method-Override: DELETE${CRLF}Authorization: Bearer ${site.attacker.owner}${CRLF}${CRLF}`,
    ],
    statuses: [404, 405],
  },
  {
    name: 'an upgrade to HTTP/2',
    bytes: (_, head) => [
      `GET /api/v1/workflows HTTP/1.1${CRLF}${head}Upgrade: h2c${CRLF}HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA${CRLF}Connection: Upgrade, HTTP2-Settings${CRLF}${CRLF}`,
    ],
    statuses: [401],
  },
  {
    name: 'an upgrade to a socket',
    bytes: (_, head) => [
      `GET /api/v1/workflows HTTP/1.1${CRLF}${head}Upgrade: websocket${CRLF}Connection: Upgrade${CRLF}Sec-WebSocket-Key: x${CRLF}Sec-WebSocket-Version: 13${CRLF}${CRLF}`,
    ],
    statuses: [400, 401, 404],
  },
];

const hosts: readonly Shape[] = [
  ['two hosts', `Host: x${CRLF}Host: evil.example.com${CRLF}`],
  ['a host with a path', `Host: x/../evil${CRLF}`],
  ['a host with a user', `Host: x@evil.example.com${CRLF}`],
  ['a host with a space', `Host: x evil${CRLF}`],
].map(([name = '', lines = '']) => ({
  name,
  bytes: (_, head) => [`GET /api/v1/workflows HTTP/1.1${CRLF}${head.replace(/^Host: x\r\n/, lines)}${CRLF}`],
  statuses: [400, 401],
}));

const all: readonly Shape[] = [...lengths, ...encodings, ...encodingNames, ...chunks, ...heads, ...hosts];

/** At most one answer, and that a refusal: a second one would be to what was hidden. */
function attackOf({ name, bytes, statuses = [400, 404, 408, 413, 431] }: Shape): Attack {
  return {
    name,
    send: async (at, id) => {
      const head = `Host: x${CRLF}X-Request-Id: ${id}${CRLF}X-Forwarded-For: ${addressFor(id)}${CRLF}Content-Type: application/json${CRLF}`;
      const answers = answersIn(await at.sendBytes(bytes(at, head)));
      return joined(answers);
    },
    judge: (answer) => (answer.status === 0 ? undefined : refusedWith(statuses)(answer)),
  };
}

function joined(answers: readonly Answer[]): Answer {
  const [first = { status: 0, headers: {}, text: '' }, second] = answers;
  return second ? { ...first, status: 207, text: 'a second answer' } : first;
}

/** What was hidden in the bodies has not been done. */
async function nothingDone(site: Site) {
  const { attacker } = site;
  const { text } = await site.send({ path: '/api/v1/roles', as: attacker.owner });
  return text.includes(attacker.has.role) ? undefined : 'a request that was hidden in another has been done';
}

/** One request that is two for somebody. */
export const smuggling: AttackClass = {
  name: 'request-smuggling',
  attacks: () => all.map(attackOf),
  afterwards: nothingDone,
};
