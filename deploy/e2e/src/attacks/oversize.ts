import { type Answer, type Attack, type AttackClass, refusedWith } from './attack.js';
import { answersIn, type Part, type Sent } from './send.js';

const CRLF = '\r\n';
const megabyte = 1024 * 1024;

/** A request as it is written, byte by byte. */
function bytes(
  name: string,
  statuses: readonly number[],
  parts: (head: string, owner: string) => readonly Part[],
  quietMs = 3000,
): Attack {
  return {
    name,
    send: async (at, id) => {
      const head = `Host: x${CRLF}X-Request-Id: ${id}${CRLF}`;
      const [first = gone] = answersIn(await at.sendBytes(parts(head, at.attacker.owner), quietMs));
      return first;
    },
    judge: (answer) => (answer === gone ? undefined : refusedWith(statuses)(answer)),
  };
}

/** The server closed the connection, which is an answer to what goes on without end. */
const gone: Answer = { status: 0, headers: {}, text: '' };

/** An ordinary request that is too much of something. */
function request(name: string, statuses: readonly number[], sent: Sent): Attack {
  return { name, send: (at) => at.send({ as: at.attacker.owner, ...sent }), judge: refusedWith(statuses) };
}

const post = (path: string, body: string): Sent => ({
  method: 'POST',
  path,
  body,
  headers: { 'content-type': 'application/json' },
});
const start = (head: string, owner: string, path = '/api/v1/datasets') =>
  `POST ${path} HTTP/1.1${CRLF}${head}Authorization: Bearer ${owner}${CRLF}Content-Type: application/json${CRLF}`;

const writing = [
  '/api/v1/datasets',
  '/api/v1/workflows',
  '/api/v1/keys',
  '/openai/v1/chat/completions',
  '/v1/datasets',
  '/api/v1/users',
];

const bodies: readonly Attack[] = writing.flatMap((path) => [
  bytes(`a length of a terabyte to ${path}`, [408, 413], (head, owner) => [
    `${start(head, owner, path)}Content-Length: 1099511627776${CRLF}${CRLF}`,
  ]),
  bytes(`a length just over the limit to ${path}`, [408, 413], (head, owner) => [
    `${start(head, owner, path)}Content-Length: ${10 * megabyte + 1}${CRLF}${CRLF}`,
  ]),
  bytes(`12 MiB in chunks to ${path}`, [408, 413], (head, owner) => [
    `${start(head, owner, path)}Transfer-Encoding: chunked${CRLF}${CRLF}`,
    ...Array.from({ length: 12 }, () => `${megabyte.toString(16)}${CRLF}${' '.repeat(megabyte)}${CRLF}`),
    `0${CRLF}${CRLF}`,
  ]),
  request(`very deep lists to ${path}`, [400, 408, 422], post(path, `${'['.repeat(200_000)}${']'.repeat(200_000)}`)),
  request(
    `very deep objects to ${path}`,
    [400, 408, 422],
    post(path, `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`),
  ),
  request(
    `very many names to ${path}`,
    [400, 408, 422],
    post(path, `{${Array.from({ length: 100_000 }, (_, index) => `"a${index}":1`).join(',')}}`),
  ),
  request(`a very long list to ${path}`, [400, 408, 422], post(path, `[${'1,'.repeat(500_000)}1]`)),
  request(`a number of many digits to ${path}`, [400, 408, 422], post(path, `{"name":${'9'.repeat(100_000)}}`)),
  request(`a very long name to ${path}`, [400, 408, 422], post(path, `{"${'n'.repeat(1_000_000)}":1}`)),
]);

const heads: readonly Attack[] = [
  ...[17_000, 100_000, 1_000_000].map((size) =>
    bytes(`a header of ${size} bytes`, [431], (head, owner) => [
      `${start(head, owner)}X-Long: ${'a'.repeat(size)}${CRLF}${CRLF}`,
    ]),
  ),
  ...[101, 500, 1500].map((count) =>
    bytes(`${count} headers`, [431], (head, owner) => [
      `${start(head, owner)}${Array.from({ length: count }, (_, index) => `a${index}: 1${CRLF}`).join('')}${CRLF}`,
    ]),
  ),
  ...[17_000, 200_000].map((size) =>
    bytes(`an address of ${size} bytes`, [414, 431], (head) => [
      `GET /${'a'.repeat(size)} HTTP/1.1${CRLF}${head}${CRLF}`,
    ]),
  ),
  ...[301, 5000].map((size) =>
    request(`an id of ${size} letters`, [400, 404, 414], { path: `/api/v1/runs/${'a'.repeat(size)}` }),
  ),
  request('an address of many parts', [400, 404], { path: `/api/v1${'/a'.repeat(3000)}` }),
  request('a query of many parts', [400], { path: `/api/v1/runs?${'a=1&'.repeat(3000)}` }),
  request('one name in a query many times', [200, 400], { path: `/api/v1/runs?${'status=failed&'.repeat(1000)}` }),
  request('nested names in a query', [400], { path: `/api/v1/runs?a${'[b]'.repeat(2000)}=1` }),
  request('a cursor of 10,000 letters', [400], { path: `/api/v1/runs?cursor=${'a'.repeat(10_000)}` }),
  request('a page of a million', [400], { path: '/api/v1/runs?limit=1000000' }),
  request('a page of less than nothing', [400], { path: '/api/v1/runs?limit=-1' }),
  request('a page that is no number', [400], { path: '/api/v1/runs?limit=1e9' }),
  {
    ...request('a credential of 10,000 letters', [401], { path: '/api/v1/runs' }),
    send: (at) => at.send({ path: '/api/v1/runs', as: 'A'.repeat(10_000) }),
  },
];

const part = (name: string, more: string, content: string) =>
  `--x${CRLF}Content-Disposition: form-data; name="${name}"${more}${CRLF}${CRLF}${content}${CRLF}`;
const upload = (body: string): Sent => ({
  method: 'POST',
  path: '/api/v1/files',
  body: `${body}--x--${CRLF}`,
  headers: { 'content-type': 'multipart/form-data; boundary=x' },
});

const forms: readonly Attack[] = [
  request(
    '1,000 fields in a form',
    [400, 413, 429],
    upload(Array.from({ length: 1000 }, (_, index) => part(`f${index}`, '', 'x')).join('')),
  ),
  request(
    '50 files in a form',
    [400, 413, 429],
    upload(Array.from({ length: 50 }, (_, index) => part('file', `; filename="${index}.txt"`, 'x')).join('')),
  ),
  request('a field of 5 MiB in a form', [400, 413], upload(part('note', '', 'x'.repeat(5 * megabyte)))),
];

const hooks: readonly Attack[] = ['POST', 'PUT', 'PATCH'].map((method) => ({
  name: `${method} of more than 1 MiB to a webhook`,
  send: (at) =>
    at.send({
      method,
      path: at.attacker.has.webhookPath,
      body: 'x'.repeat(megabyte + 1),
      headers: { 'content-type': 'application/json' },
    }),
  judge: refusedWith([413]),
}));

const drip = (text: string, pauseMs: number, times: number): readonly Part[] =>
  Array.from({ length: times }, (): Part[] => [text, { pauseMs }]).flat();

/** Slower than anybody is waited for. */
const slow: readonly Attack[] = [
  bytes(
    'a head that never ends',
    [408],
    (head) => [`GET /api/v1/runs HTTP/1.1${CRLF}${head}`, ...drip(`a: 1${CRLF}`, 300, 12)],
    4000,
  ),
  bytes('a head byte by byte', [400, 408], () => drip('G', 250, 14), 4000),
  bytes('nothing', [408], () => [{ pauseMs: 2500 }], 4000),
  bytes('a first line and nothing more', [408], () => [`GET /api/v1/runs HTTP/1.1${CRLF}`], 4000),
  ...writing.map((path) =>
    bytes(
      `a body byte by byte to ${path}`,
      [408],
      (head, owner) => [`${start(head, owner, path)}Content-Length: 1000${CRLF}${CRLF}`, ...drip('x', 250, 8)],
      4000,
    ),
  ),
  ...writing.map((path) =>
    bytes(
      `a body that never comes to ${path}`,
      [408],
      (head, owner) => [`${start(head, owner, path)}Content-Length: 1000${CRLF}${CRLF}`],
      4000,
    ),
  ),
  bytes(
    'a chunk that never comes',
    [408],
    (head, owner) => [`${start(head, owner)}Transfer-Encoding: chunked${CRLF}${CRLF}5${CRLF}ab`],
    4000,
  ),
  bytes(
    'chunks of a byte',
    [408],
    (head, owner) => [
      `${start(head, owner)}Transfer-Encoding: chunked${CRLF}${CRLF}`,
      ...drip(`1${CRLF}a${CRLF}`, 250, 8),
    ],
    4000,
  ),
  bytes(
    'an upload that never ends',
    [400, 408],
    (head, owner) => [
      `${start(head, owner, '/api/v1/files').replace('application/json', 'multipart/form-data; boundary=x')}Content-Length: 100000${CRLF}${CRLF}--x${CRLF}`,
      ...drip('x', 300, 14),
    ],
    5000,
  ),
  bytes(
    'a webhook whose body never comes',
    [408],
    (head) => [`POST /hooks/nobody HTTP/1.1${CRLF}${head}Content-Length: 1000${CRLF}${CRLF}`],
    4000,
  ),
];

/** Requests that are too large, too many or too slow. */
export const oversize: AttackClass = {
  name: 'oversize-and-slow',
  attacks: () => [...slow, ...bodies, ...heads, ...forms, ...hooks],
};
