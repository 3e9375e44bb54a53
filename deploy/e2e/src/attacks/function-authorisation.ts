import type { ApiRoute } from './api-routes.js';
import { type Attack, type AttackClass, evenly, parsed, refusedWith, type Verdict } from './attack.js';
import { bodyOf } from './object-authorisation.js';
import type { Sent } from './send.js';
import type { Site } from './site.js';

/** Routes whose caller is told apart by something else than a permission. */
const withoutPermission = /^\/api\/v1\/(?:auth|approvals\/\{token\})/;
/** What only reads, though it is a POST. */
const readingPosts = /\/(?:search|retrieve|hit-testing|download-zip)$/;

/** Somebody of the victim, and what they may do. */
interface Member {
  readonly who: string;
  readonly credential: string;
  readonly may: ReadonlySet<string>;
}

/** A request to a route, about nothing that is there. */
function anyRequest(route: ApiRoute): Sent {
  const path = route.path.replace(/\{\w+\}/g, '00000000-0000-4000-8000-000000000000');
  const query = route.query.filter(({ required }) => required).map(({ name }) => `${name}=x`);
  return { ...bodyOf(route), method: route.method, path: `${path}?${query.join('&')}` };
}

const permissionIn = (text: string) => /\b[a-z]+:[a-z]+\b/.exec(text)?.[0];

/** Which permission each route asks for, as it tells somebody who has none but one that no route here needs. */
async function permissionsOfRoutes(
  site: Site,
  powerless: string,
  routes: readonly ApiRoute[],
): Promise<ReadonlyMap<ApiRoute, string | undefined>> {
  const found = new Map<ApiRoute, string | undefined>();
  for (const route of routes) {
    const { status, text } = await site.send({ ...anyRequest(route), as: powerless });
    found.set(route, status === 403 ? permissionIn(text) : undefined);
  }
  return found;
}

async function membersOf(site: Site): Promise<readonly Member[]> {
  const { text } = await site.send({ path: '/api/v1/roles', as: site.victim.owner });
  const { items } = parsed(text) as { items: readonly { name: string; permissions: readonly string[] }[] };
  const members = await Promise.all(
    items.map(async ({ name, permissions }) => {
      const { access_token } = await site.join(name);
      return { who: `the role ${name}`, credential: access_token, may: new Set(permissions) };
    }),
  );
  const keys = [site.victim.has.appKey, site.victim.has.datasetKey].map(async (credential, index) => {
    const me = await site.send({ path: '/api/v1/auth/me', as: credential });
    const { permissions } = parsed(me.text) as { permissions: readonly string[] };
    return { who: index === 0 ? "an app's key" : 'a key for datasets', credential, may: new Set(permissions) };
  });
  return [...members, ...(await Promise.all(keys))];
}

/** Denied, by a sentence that names what is missing. */
const deniedFor =
  (permission: string): Attack['judge'] =>
  (answer) =>
    refusedWith([403])(answer) ??
    (permissionIn(answer.text) === permission
      ? undefined
      : `does not name ${permission}: ${answer.text.slice(0, 200)}`);

async function attacks(site: Site, limit: number): Promise<readonly Attack[]> {
  const { access_token: powerless } = await site.join(site.victim.has.role);
  const needed = await permissionsOfRoutes(site, powerless, evenly(site.routes, limit));
  const members = await membersOf(site);
  const found = [...needed].flatMap(([route, permission]) =>
    members.flatMap(({ who, credential, may }): Attack[] => {
      const reads = route.method === 'GET' || readingPosts.test(route.path);
      // A viewer changes nothing whatever a route says that it needs.
      const denied = permission !== undefined && (!may.has(permission) || (who === 'the role viewer' && !reads));
      if (!denied) return [];
      return [
        {
          name: `${who}: ${route.method} ${route.path}`,
          send: (at) => at.send({ ...anyRequest(route), as: credential }),
          judge: deniedFor(permission),
        },
      ];
    }),
  );
  const open = [...needed].filter(([route, permission]) => permission === undefined && !mayBeOpen(route));
  return [...found, ...open.map(([route]) => unguarded(route, powerless))];
}

/** Of what the powerless may do, what only says which version is served, and what asks for permissions field by field, which has a class of its own. */
const harmless = ['/api/v1/usage', '/v1', '/graphql'];
const mayBeOpen = ({ path }: ApiRoute) => withoutPermission.test(path) || harmless.includes(path);

/** A route that lets in who may do nothing. */
const unguarded = (route: ApiRoute, powerless: string): Attack => ({
  name: `nobody in particular: ${route.method} ${route.path}`,
  send: (at) => at.send({ ...anyRequest(route), as: powerless }),
  judge: (answer): Verdict => `${answer.status}: it is open to who may do nothing`,
});

/** Somebody does what their role does not let them do. */
export const functionAuthorisation: AttackClass = { name: 'function-authorisation', attacks };
