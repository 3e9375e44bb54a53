import type { ApiRoute } from './api-routes.js';
import { type Attack, type AttackClass, both, parsed, refusedWith, type Verdict } from './attack.js';
import { endUser } from './belongings.js';
import { tellsNothing } from './object-authorisation.js';
import type { Site } from './site.js';

/** Texts that mean something to whatever puts them into a query. */
const payloads: Readonly<Record<string, string>> = {
  quote: "'",
  'always true': "' or '1'='1' --",
  stacked: "x'; drop table orchestrator.workflows; --",
  union: "' union select null, version(), null --",
  sleep: "'||pg_sleep(30)||'",
  'dollar quotes': '$$; select 1; $$',
  'a parameter': '$1',
  wildcard: '%',
  'one character': '_',
  'an escape': '\\',
  'NUL byte': 'a\u0000b',
  'JSON path': '$.** ? (@ == 1)',
  'JSON operator': '{"$ne":null}',
  'half a character': '\uD800',
  'direction marks': '\u202Eabc\u2066',
  'a formula': '=1+1',
};

const everywhere = new Set(['always true', 'NUL byte', 'wildcard']);

const encoded = (text: string) => encodeURIComponent(text.replace('\uD800', '\uFFFD'));

/** Lists and what narrows them: nothing of another is told, and nothing breaks. */
function byQueries(site: Site): Attack[] {
  return site.routes
    .filter(({ method, query }) => method === 'GET' && query.length > 0)
    .flatMap((route) =>
      route.query.flatMap(({ name }, index) =>
        // Each of them somewhere, and some of them everywhere.
        Object.entries(payloads)
          .filter(([what], at) => everywhere.has(what) || (at + index) % 4 === 0)
          .map(([what, payload]): Attack => {
            const required = route.query.filter((one) => one.required && one.name !== name);
            const rest = required.map((one) => `&${one.name}=${endUser}`).join('');
            const path = `${filled(route, site)}?${name}=${encoded(payload)}${rest}`;
            return {
              name: `${what} as ${name} of ${route.path}`,
              send: (at) => at.send({ path, as: credentialFor(route, at) }),
              judge: harmless,
            };
          }),
      ),
    );
}

const harmless = both(refusedWith([200, 204, 400, 403, 404, 422]), tellsNothing);

function credentialFor({ path }: ApiRoute, { attacker }: Site): string {
  if (!path.startsWith('/v1/')) return attacker.owner;
  return path.startsWith('/v1/datasets') ? attacker.has.datasetKey : attacker.has.appKey;
}

/** The address of a route about what the attacker has. */
function filled({ path }: ApiRoute, { attacker: { has } }: Site): string {
  const ids: Readonly<Record<string, string>> = {
    dataset: has.dataset,
    document: has.document,
    segment: has.chunk,
    name: has.toolset,
  };
  const own = [
    [/\/datasets\/\{id\}/, has.dataset],
    [/\/conversations\//, has.conversation],
    [/\/workflows\//, has.workflow],
  ].find(([pattern]) => (pattern as RegExp).test(path))?.[1] as string | undefined;
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? own ?? has.run);
}

/** Parts of addresses. */
function byAddresses(site: Site): Attack[] {
  const chosen = ['always true', 'stacked', 'NUL byte', 'wildcard', 'JSON operator'];
  return site.routes
    .filter(({ method, parameters }) => method === 'GET' && parameters.length > 0)
    .flatMap((route) =>
      chosen.map((what): Attack => {
        const last = route.parameters.at(-1) ?? '';
        const before = filled({ ...route, path: route.path.replace(`{${last}}`, '\0') }, site);
        const path = before.replace('\0', encoded(payloads[what] ?? ''));
        return {
          name: `${what} in ${route.path}`,
          send: (at) => at.send({ path, as: credentialFor(route, at) }),
          judge: both(refusedWith([400, 403, 404, 422]), tellsNothing),
        };
      }),
    );
}

/** Searches, their filters and settings. */
function bySearches({ attacker: { has } }: Site): Attack[] {
  const search = (what: string, body: object): Attack => ({
    name: what,
    send: (at) =>
      at.send({ method: 'POST', path: `/api/v1/datasets/${has.dataset}/search`, json: body, as: at.attacker.owner }),
    judge: harmless,
  });
  const condition = (field: string, operator: string, value: unknown) => ({
    query: 'x',
    filter: { conditions: [{ field, operator, value }] },
  });
  return Object.entries(payloads).flatMap(([what, payload]) => [
    search(`${what} as the query of a search`, { query: payload }),
    search(`${what} as a field of a filter`, condition(payload, '=', 'x')),
    search(`${what} as an operator of a filter`, condition('colour', payload, 'x')),
    search(`${what} as a value of a filter`, condition('colour', '=', payload)),
    search(`${what} as the method of a search`, { query: 'x', settings: { method: payload } }),
    search(`${what} in an object for a value`, condition('colour', '=', { $gt: payload })),
  ]);
}

/** Cursors that were never given out. */
function byCursors(site: Site): Attack[] {
  const lists = site.routes.filter(
    ({ method, query }) => method === 'GET' && query.some(({ name }) => name === 'cursor'),
  );
  const wrap = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const cursors: Readonly<Record<string, string>> = {
    'a cursor with SQL': wrap({ id: "' or true --", at: "' or true --" }),
    'a cursor that is a list': wrap(['2026-01-01', "'); select 1; --"]),
    'a cursor with a NUL byte': Buffer.from('a\u0000b').toString('base64url'),
    'a cursor that is negative': '-1',
    'a cursor that is huge': '9'.repeat(30),
    'a cursor that is no base64': '%%%%',
  };
  return lists.flatMap((route) =>
    Object.entries(cursors).map(([what, cursor]): Attack => {
      const path = `${filled(route, site)}?cursor=${encodeURIComponent(cursor)}`;
      return {
        name: `${what} for ${route.path}`,
        send: (at) => at.send({ path, as: credentialFor(route, at) }),
        judge: harmless,
      };
    }),
  );
}

/** Wildcards are letters like any other: what does not hold them is not found by them. */
function byWildcards({ attacker: { has } }: Site): Attack[] {
  const lists: [path: string, credential: string][] = [
    ['/api/v1/datasets?keyword=', has.datasetKey],
    [`/api/v1/datasets/${has.dataset}/documents?keyword=`, has.datasetKey],
    ['/v1/datasets?keyword=', has.datasetKey],
    [`/v1/datasets/${has.dataset}/documents?keyword=`, has.datasetKey],
    [`/v1/datasets/${has.dataset}/documents/${has.document}/segments?keyword=`, has.datasetKey],
    ['/v1/workflows/logs?keyword=', has.appKey],
  ];
  return lists.flatMap(([path, as]) =>
    ['%', '_', '%%', 'a%r', '\\', '__________'].map(
      (text): Attack => ({
        name: `"${text}" finds nothing by ${path}`,
        send: (at) => at.send({ path: `${path}${encodeURIComponent(text)}`, as }),
        judge: (answer) => refusedWith([200])(answer) ?? isEmpty(answer.text),
      }),
    ),
  );
}

function isEmpty(text: string): Verdict {
  const { items, data } = parsed(text) as { items?: readonly unknown[]; data?: readonly unknown[] };
  const found = (items ?? data)?.length;
  return found === 0 ? undefined : `finds ${found}`;
}

/** Queries get parts that nobody meant to be there. */
export const injection: AttackClass = {
  name: 'injection',
  attacks: (site) => [
    ...byQueries(site),
    ...byAddresses(site),
    ...bySearches(site),
    ...byCursors(site),
    ...byWildcards(site),
  ],
};
