import { type Attack, type AttackClass, refusedWith, type Verdict } from './attack.js';
import { allowedOrigin, type Site } from './site.js';

/** Pages that may not call. */
export const otherPages = [
  'https://evil.example.com',
  `${allowedOrigin}.evil.com`,
  `${allowedOrigin}:8443`,
  'https://app.example.com@evil.com',
  'https://evilapp.example.com',
  'https://app-example.com',
  'http://app.example.com',
  'null',
  '*',
  `${allowedOrigin}, https://evil.example.com`,
  'file://',
];

/** Another page is not let in, and nobody is told that a browser's own credentials count. */
const notLetIn: Attack['judge'] = ({ headers }): Verdict => {
  if (headers['access-control-allow-origin'] !== undefined) return `lets in ${headers['access-control-allow-origin']}`;
  return headers['access-control-allow-credentials'] === undefined ? undefined : 'takes credentials of a browser';
};

function pages({ attacker: { has } }: Site): Attack[] {
  const paths = [
    '/api/v1/runs',
    `/api/v1/workflows/${has.workflow}/runs`,
    '/v1/chat-messages',
    '/openai/v1/chat/completions',
    '/api/v1/auth/sign-in',
  ];
  return otherPages.flatMap((origin) =>
    paths.flatMap((path): Attack[] => [
      {
        name: `a page of ${origin} asks first: ${path}`,
        send: (at) =>
          at.send({
            method: 'OPTIONS',
            path,
            headers: {
              origin,
              'access-control-request-method': 'POST',
              'access-control-request-headers': 'authorization',
            },
          }),
        judge: notLetIn,
      },
      {
        name: `a page of ${origin} calls: ${path}`,
        send: (at) => at.send({ path, headers: { origin, cookie: `token=${at.attacker.owner}` } }),
        judge: (answer, at) => notLetIn(answer, at) ?? refusedWith([401, 404])(answer),
      },
    ]),
  );
}

/** What a form on another page can send: without a credential, in types that a form has. */
function forms({ attacker: { has } }: Site): Attack[] {
  const types = ['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/plain'];
  const paths = [
    '/api/v1/auth/sign-in',
    '/api/v1/auth/sign-out',
    '/api/v1/keys',
    `/api/v1/approvals/${has.approvalToken}`,
  ];
  return paths.flatMap((path) =>
    types.map(
      (type): Attack => ({
        name: `a form of another page as ${type} to ${path.split('/').slice(0, 4).join('/')}`,
        send: (at) =>
          at.send({
            method: 'POST',
            path,
            body: '{"action":"no"}',
            headers: { 'content-type': type, origin: 'https://evil.example.com' },
          }),
        judge: refusedWith([400, 401, 415]),
      }),
    ),
  );
}

/** Places to send people back to after a sign-in, and answers that lead elsewhere. */
function redirects(): Attack[] {
  const back = [
    'https://evil.example.com/',
    '//evil.example.com',
    'https://treadle.example.com.evil.com/',
    'https://treadle.example.com@evil.com/',
    'javascript:alert(1)',
    'https://treadle.example.com\\@evil.com',
    'https://evil.com/https://treadle.example.com',
    'http://treadle.example.com/#x',
    'data:text/html,x',
    'http://localhost.evil.com/',
  ];
  const begun = back.map(
    (redirect_uri): Attack => ({
      name: `a sign-in that comes back to ${redirect_uri}`,
      send: (at) => at.send({ method: 'POST', path: '/api/v1/auth/open-id/begin', json: { redirect_uri } }),
      judge: refusedWith([400, 404]),
    }),
  );
  const slashes = [
    '//evil.example.com',
    '//evil.example.com/',
    '/\\evil.example.com',
    '/%5cevil.example.com',
    '/api/v1/runs//evil.example.com/',
    '/%0d%0aLocation:%20https://evil.example.com',
    '/?next=https://evil.example.com',
  ];
  const led = slashes.map(
    (path): Attack => ({
      name: `an address that leads elsewhere: ${path}`,
      send: (at) => at.send({ path }),
      judge: ({ status, headers }) =>
        headers['location'] !== undefined || (status >= 300 && status < 400)
          ? `leads to ${headers['location']}`
          : undefined,
    }),
  );
  const hosts = ['evil.example.com', 'treadle.example.com.evil.com', 'x"><script>', 'evil.example.com:80@x'].flatMap(
    (host) =>
      ['host', 'x-forwarded-host'].map(
        (name): Attack => ({
          name: `${name}: ${host} in links`,
          send: (at) => at.send({ path: '/api/v1/approvals', headers: { [name]: host }, as: at.attacker.owner }),
          judge: ({ text, status }) => (status === 200 && text.includes('evil') ? 'links lead there' : undefined),
        }),
      ),
  );
  return [...begun, ...led, ...hosts];
}

/** Other pages, and places that people are sent to. */
export const otherOrigins: AttackClass = {
  name: 'origins-and-redirects',
  attacks: (site) => [...pages(site), ...forms(site), ...redirects()],
};
