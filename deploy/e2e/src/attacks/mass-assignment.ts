import type { ApiRoute } from './api-routes.js';
import { type Attack, type AttackClass, both, codeOf, refusedWith, type Verdict } from './attack.js';
import { echoDocument } from './documents.js';
import { requestFor } from './object-authorisation.js';
import type { Site } from './site.js';

/** Fields that nobody may set, as text, since an object literal would lose some of them. */
const planted: Readonly<Record<string, string>> = {
  'the tenant': '"tenant_id":"default","tenantId":"default","organisation":"default"',
  'more power': '"role":"owner","permissions":["installation:manage"],"is_admin":true,"scopes_all":true',
  'an id of ones own': '"id":"00000000-0000-4000-8000-000000000000","created_at":"1970-01-01T00:00:00Z"',
  'the prototype': '"__proto__":{"polluted":true,"role":"owner"}',
  'the constructor': '"constructor":{"prototype":{"polluted":true}}',
};

/** Writes of our own API; those of Dify and OpenAI take what their clients send, and drop it. */
function writes(site: Site): readonly ApiRoute[] {
  return site.routes.filter(
    ({ path, body }) => path.startsWith('/api/v1/') && typeof body === 'object' && body !== null,
  );
}

/** Whose documents are read as they are, or whose fields are names of the caller's. */
const otherSchemas = /^\/api\/v1\/workflows(?:\/\{id\})?$/;

function byFields(site: Site): Attack[] {
  return writes(site)
    .filter(({ path }) => !otherSchemas.test(path))
    .flatMap((route) => {
      const sent = requestFor(route, site.attacker) ?? {
        method: route.method,
        path: route.path.replace(/\{\w+\}/g, 'a-name'),
      };
      const known = JSON.stringify(route.body).replace(/^\{|\}$/g, '');
      return Object.entries(planted).map(
        ([what, fields]): Attack => ({
          name: `${what} in ${route.method} ${route.path}`,
          send: (at) =>
            at.send({
              ...{ method: route.method, path: sent.path, as: at.attacker.owner },
              body: `{${[known, fields].filter((part) => part !== '').join(',')}}`,
              headers: { 'content-type': 'application/json' },
            }),
          // A role is a field of some; then it is the wrong person, or nobody, who gets it.
          judge: refusedWith(path403.test(route.path) ? [400, 403] : [400]),
        }),
      );
    });
}

/** Closed to the attacker whatever they send. */
const path403 = /\/organisations|\/installation\//;

const depth = (open: string, inside: string, close: string, times: number) =>
  `${open.repeat(times)}${inside}${close.repeat(times)}`;

/** Names with a meaning, deep inside of what a caller may fill as they like. */
function inside({ attacker: { has } }: Site): Attack[] {
  const proto = '{"__proto__":{"polluted":true}}';
  const constructed = '{"constructor":{"prototype":{"polluted":true}}}';
  const places: [name: string, method: string, path: string, body: (value: string) => string][] = [
    ['inputs of a run', 'POST', `workflows/${has.workflow}/runs`, (value) => `{"query":"x","inputs":${value}}`],
    ['an input of a run', 'POST', `workflows/${has.workflow}/runs`, (value) => `{"query":"x","inputs":{"a":${value}}}`],
    ['metadata', 'POST', `datasets/${has.dataset}/documents`, (value) => `{"name":"x","text":"x","metadata":${value}}`],
    [
      'a filter',
      'POST',
      `datasets/${has.dataset}/search`,
      (value) => `{"query":"x","filter":{"conditions":[${value}]}}`,
    ],
    ['search settings', 'POST', `datasets/${has.dataset}/search`, (value) => `{"query":"x","settings":${value}}`],
    ['chunking', 'POST', 'datasets', (value) => `{"name":"x","chunking":${value}}`],
    ['options of a provider', 'PUT', 'models/providers/mine', (value) => `{"kind":"demo","options":${value}}`],
    [
      'rules of a route',
      'PUT',
      'models/routes/mine',
      (value) => `{"targets":[{"provider":"demo","model":"demo"}],"rules":${value}}`,
    ],
    ['the source of tools', 'PUT', 'tools/toolsets/mine', (value) => `{"kind":"openapi","source":${value}}`],
    ['arguments of a tool', 'POST', `tools/toolsets/${has.toolset}/tools/do/call`, (value) => `{"arguments":${value}}`],
    [
      'a workflow',
      'POST',
      'workflows',
      // A document may name anything but the prototype: nothing merges it into anything.
      (value) =>
        JSON.stringify(echoDocument('p')).replace(/\}$/, `,"extensions":${value.replace('constructor', '__proto__')}}`),
    ],
    ['values of an answer', 'POST', `approvals/${has.approvalToken}`, (value) => `{"action":"no","values":${value}}`],
  ];
  return places.flatMap(([name, method, path, body]) =>
    Object.entries({
      'the prototype': proto,
      'the constructor': constructed,
      'a deep prototype': depth('{"a":', proto, '}', 20),
    }).map(
      ([what, value]): Attack => ({
        name: `${what} in ${name}`,
        send: (at) =>
          at.send({
            ...{ method, path: `/api/v1/${path}`, as: at.attacker.owner, body: body(value) },
            headers: { 'content-type': 'application/json' },
          }),
        judge: both(refusedWith([400, 422]), (answer) => (codeOf(answer) === '' ? 'no failure code' : undefined)),
      }),
    ),
  );
}

/** Fields that raise somebody, sent to the routes that could. */
function raising({ attacker: { has } }: Site): Attack[] {
  const cases: [name: string, method: string, path: string, json: object, statuses: readonly number[]][] = [
    ['a key with the power of the installation', 'POST', 'keys', { name: 'k', scopes: ['installation:manage'] }, [403]],
    [
      'a role with the power of the installation',
      'PUT',
      'roles/mighty',
      { permissions: ['installation:manage'] },
      [403],
    ],
    ['a role that is built in', 'PUT', 'roles/owner', { permissions: ['usage:read'] }, [400, 403]],
    ['a role named as the prototype', 'PUT', 'roles/__proto__', { permissions: ['usage:read'] }, [400]],
    ['a role named constructor', 'PATCH', `users/${has.user}`, { role: 'constructor' }, [400, 404, 422]],
    ['a person of no role', 'POST', 'users', { email: 'x@example.com', role: 'tostring' }, [400, 404, 422]],
    ['a permission that does not exist', 'PUT', 'roles/mighty', { permissions: ['everything'] }, [400]],
    ['a permission that is no text', 'PUT', 'roles/mighty', { permissions: [{ name: 'runs:read' }] }, [400]],
  ];
  return cases.map(([name, method, path, json, statuses]) => ({
    name,
    send: (at) => at.send({ method, path: `/api/v1/${path}`, json, as: at.attacker.owner }),
    judge: refusedWith(statuses),
  }));
}

/** Nothing has been polluted: what was never set is nowhere. */
async function nothingPolluted(site: Site): Promise<Verdict> {
  const paths = ['/api/v1/auth/me', '/api/v1/workflows', '/api/v1/organisation', '/api/v1/roles'];
  const answers = await Promise.all(paths.map((path) => site.send({ path, as: site.attacker.owner })));
  const bad = answers.find(({ status, text }) => status !== 200 || text.includes('polluted'));
  return bad && `objects are polluted: ${bad.text.slice(0, 200)}`;
}

/** Requests that set what is not theirs to set. */
export const massAssignment: AttackClass = {
  name: 'mass-assignment',
  attacks: (site) => [...byFields(site), ...inside(site), ...raising(site)],
  afterwards: nothingPolluted,
};
