import type { ApiRoute } from './api-routes.js';
import { type Attack, type AttackClass, both, parsed, refusedWith, type Verdict } from './attack.js';
import { type Belongings, endUser } from './belongings.js';
import { echoDocument } from './documents.js';
import type { Sent } from './send.js';
import type { Organisation, Site } from './site.js';

/** Whose address is the credential: who has it comes in. */
const byToken = /\/approvals\/\{token\}$/;
/** Kinds that each organisation names for itself: the same name of another one is another thing. */
const named = /\{(?:name|toolset|tool|provider|path|action|type|variable)\}/;
/** Of Dify's API, what is not there for anybody. */
const unsupported = /^\/v1\/(?:apps|workspaces|audio-to-text|text-to-audio)|\/pipeline\//;

/** What the victim has none of, or another of its apps: a file of a run, a large value, the file of a document, a form. */
const notKept = /\{file\}|\{hash\}|\{job\}|human_input|\/(?:download|file|suggested|preview)$/;

type Kind = keyof Belongings;

/** What the parameters of an address mean, by the beginning of the address; the first that fits. */
const kinds: readonly [RegExp, Readonly<Record<string, Kind>>][] = [
  [
    /\/datasets\/\{dataset\}\/documents\/\{document\}\/(?:chunks|segments)/,
    { dataset: 'dataset', document: 'document', id: 'chunk', segment: 'chunk' },
  ],
  [/\/datasets\/\{dataset\}\/documents/, { dataset: 'dataset', id: 'document' }],
  [/\/datasets\/\{dataset\}/, { dataset: 'dataset', field: 'field' }],
  [/\/datasets\/\{id\}/, { id: 'dataset' }],
  [/\/workflows\/run\/\{id\}|\/workflow\/\{id\}\/events|\/runs\//, { id: 'run', file: 'file' }],
  [/\{task\}/, { task: 'run' }],
  [/\/workflows\//, { id: 'workflow', workflowId: 'workflow', version: 'workflow' }],
  [/\/conversations\//, { id: 'conversation' }],
  [/\/files\//, { id: 'file' }],
  [/\/messages\//, { id: 'message' }],
  [/\/webhooks\//, { id: 'webhook' }],
  [/\/schedules\//, { id: 'schedule' }],
  [/\/keys\//, { id: 'key' }],
  [/\/users\//, { id: 'user' }],
  [/human_input/, { token: 'approvalToken' }],
];

/** Ids that are no part of what an organisation has. */
const others: Readonly<Record<string, string>> = { hash: '0'.repeat(64), version: '1', job: 'a-job' };

/** A request for something that belongs to an organisation; `undefined` where the address leads to nothing that has an owner. */
export function requestFor(route: ApiRoute, owner: Organisation): Sent | undefined {
  const meaning = kinds.find(([pattern]) => pattern.test(route.path))?.[1] ?? {};
  let path = route.path;
  for (const name of route.parameters) {
    const kind = meaning[name];
    const id = route.path.includes('/organisations/') ? owner.id : kind ? owner.has[kind] : others[name];
    if (id === undefined) return undefined;
    path = path.replace(`{${name}}`, encodeURIComponent(id));
  }
  const query = route.query.filter(({ required }) => required).map(({ name }) => `${name}=${endUser}`);
  return {
    ...bodyOf(route),
    method: route.method,
    path: [path, ...(query.length > 0 ? [query.join('&')] : [])].join('?'),
  };
}

/** Where the least that the schema takes is not enough. */
const betterBodies: Readonly<Record<string, object>> = {
  'PUT /api/v1/workflows/{id}': echoDocument('taken over'),
  'POST /api/v1/datasets/{dataset}/documents': { name: 'planted', text: 'planted' },
};

/** A body that the route takes, so that it is refused for whose it is and not for its form. */
export function bodyOf(route: ApiRoute): Pick<Sent, 'json' | 'body' | 'headers'> {
  if (route.form) {
    const part = (name: string, file: string, text: string) =>
      `--x\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n${text}\r\n`;
    const body = `${part('data', '', '{}')}${part('user', '', endUser)}${part('file', '; filename="a.txt"', 'text')}--x--\r\n`;
    return { body, headers: { 'content-type': 'multipart/form-data; boundary=x' } };
  }
  if (route.body === undefined) return {};
  const better = betterBodies[`${route.method} ${route.path}`];
  return { json: better ?? { ...(route.body as object), ...(route.path.startsWith('/v1/') && { user: endUser }) } };
}

function owned(site: Site): readonly ApiRoute[] {
  return site.routes.filter(
    ({ path, parameters }) =>
      parameters.length > 0 && !byToken.test(path) && !named.test(path) && !unsupported.test(path),
  );
}

/** Every route with an id in it, asked by another organisation and by keys for something else. */
function byIds(site: Site): Attack[] {
  const { attacker, victim } = site;
  const callers = [
    { who: 'another owner', credential: attacker.owner },
    { who: "another organisation's app", credential: attacker.has.appKey },
    { who: "another organisation's key for datasets", credential: attacker.has.datasetKey },
  ];
  return callers.flatMap(({ who, credential }) =>
    owned(site).flatMap((route): Attack[] => {
      const sent = requestFor(route, victim);
      if (!sent) return [];
      return [
        {
          name: `${who}: ${route.method} ${route.path}`,
          send: (at) => at.send({ ...sent, as: credential }),
          judge: both(refusedWith(who === 'another owner' ? foreign(route) : [...foreign(route), 403]), tellsNothing),
        },
      ];
    }),
  );
}

/** Installation-wide routes are closed to owners of other organisations; Dify's routes for apps are closed to who has none. */
function foreign({ path }: ApiRoute): readonly number[] {
  if (path.includes('/organisations/')) return [403];
  return path.startsWith('/v1/') ? [404, 403, 400] : [404];
}

/** No answer holds a name, a secret or a conversation of the victim's. */
export const tellsNothing: Attack['judge'] = ({ text }, { victim: { has } }) => {
  const marks = [
    'victim chat',
    'victim says',
    'victim document',
    'victim dataset',
    'victim key',
    'victim-viewer',
    'victim-tool-token',
  ];
  const told = [...marks, has.webhookSecret, has.appKey, has.datasetKey].find((one) => text.includes(one));
  return told === undefined ? undefined : `tells ${told}`;
};

/** Every list, which holds nothing of the victim's, also when it is asked for that. */
function byLists(site: Site): Attack[] {
  const { attacker, victim } = site;
  const narrowed = (query: ApiRoute['query']) => {
    const narrowing: Record<string, string> = {
      workflow_id: victim.has.workflow,
      run_id: victim.has.run,
      conversation_id: victim.has.conversation,
      toolset: victim.has.toolset,
      keyword: 'victim',
      user: endUser,
    };
    const known = query.filter(({ name }) => narrowing[name]);
    return known.map(({ name }) => `${name}=${encodeURIComponent(narrowing[name] ?? '')}`).join('&');
  };
  return site.routes
    .filter(({ method, parameters }) => method === 'GET' && parameters.length === 0)
    .flatMap((route) =>
      [...new Set(['', narrowed(route.query)])].flatMap((query) =>
        [attacker.owner, attacker.has.appKey, attacker.has.datasetKey].map(
          (credential, index): Attack => ({
            name: `a list for caller ${index}: ${route.path}?${query}`,
            send: (at) => at.send({ path: `${route.path}?${query}`, as: credential }),
            judge: tellsNothing,
          }),
        ),
      ),
    );
}

/** The victim's things by the names that the victim gave them: they are nothing here, or one's own. */
function byNames(site: Site): Attack[] {
  const { has } = site.victim;
  const paths = [
    `models/providers/${has.provider}`,
    `models/routes/${has.route}`,
    `models/budgets/${has.budget}`,
    `models/prices?model=victim-model`,
    `tools/toolsets/${has.toolset}`,
    `tools/toolsets/${has.toolset}/credential`,
    `tools/toolsets/${has.toolset}/tools/do/policy`,
    `roles/${has.role}`,
  ];
  const deleted = paths.map((path): Sent => ({ method: 'DELETE', path: `/api/v1/${path}` }));
  const used = ['versions', 'share', 'promote', 'rollback', 'credential/test', 'tools/do/call'].map(
    (step): Sent => ({
      method: 'POST',
      path: `/api/v1/tools/toolsets/${has.toolset}/${step}`,
      json: step === 'share' ? { share: 1 } : {},
    }),
  );
  const read: Sent[] = [{ path: `/api/v1/tools/toolsets/${has.toolset}` }];
  const tested: Sent[] = [
    { method: 'POST', path: `/api/v1/models/providers/${has.provider}/test`, json: { model: 'demo' } },
  ];
  return [...deleted, ...used, ...read, ...tested].map((sent) => ({
    name: `by name: ${sent.method ?? 'GET'} ${sent.path}`,
    send: (at) => at.send({ ...sent, as: at.attacker.owner }),
    judge: refusedWith([404]),
  }));
}

/** The victim's ids in what a request says. */
function inBodies({ victim, attacker }: Site): Attack[] {
  const [theirs, own] = [victim.has, attacker.has];
  const start = `/api/v1/workflows/${own.workflow}/runs`;
  const documents = `/api/v1/datasets/${own.dataset}/documents`;
  const cases: [name: string, sent: Sent, statuses: readonly number[]][] = [
    [
      'a run with a file of another',
      { path: start, json: { query: 'x', files: [{ file_id: theirs.file }] } },
      [404, 422],
    ],
    [
      'a run in a conversation of another',
      { path: start, json: { query: 'x', conversation_id: theirs.conversation } },
      [404],
    ],
    ['a document of a file of another', { path: documents, json: { name: 'x', file_id: theirs.file } }, [404, 422]],
    [
      'a chunk below one of another',
      { path: `${documents}/${own.document}/chunks`, json: { content: 'x', parent_id: theirs.chunk } },
      [400, 404, 422],
    ],
    [
      'tags of another',
      { path: '/v1/datasets/tags/binding', json: { tag_ids: [theirs.tag], target_id: own.dataset } },
      [404],
    ],
    [
      'tags on a dataset of another',
      { path: '/v1/datasets/tags/binding', json: { tag_ids: [own.tag], target_id: theirs.dataset } },
      [404],
    ],
    [
      'a model of another',
      {
        path: '/openai/v1/chat/completions',
        json: { model: theirs.route, messages: [{ role: 'user', content: 'x' }] },
      },
      [404],
    ],
    [
      'a model of a provider of another',
      {
        path: '/openai/v1/chat/completions',
        json: { model: `${theirs.provider}/demo`, messages: [{ role: 'user', content: 'x' }] },
      },
      [404],
    ],
  ];
  return cases.map(([name, sent, statuses]) => ({
    name,
    send: (at) => at.send({ ...sent, method: 'POST', as: at.attacker.owner }),
    judge: both(refusedWith(statuses), tellsNothing),
  }));
}

/** A key may name anything; it opens nothing that is not its organisation's. */
function byBoundKeys({ victim: { has } }: Site): Attack[] {
  const cases: [bound: object, scope: string, path: string][] = [
    [{ workflow_id: has.workflow }, 'workflows:read', `workflows/${has.workflow}`],
    [{ workflow_id: has.workflow }, 'runs:read', `runs/${has.run}`],
    [{ workflow_id: has.workflow }, 'conversations:read', `conversations/${has.conversation}`],
    [{ dataset_id: has.dataset }, 'datasets:read', `datasets/${has.dataset}`],
  ];
  return cases.map(([bound, scope, path]) => ({
    name: `a key that is bound to what another has: ${path.split('/')[0]}`,
    send: async (at) => {
      const json = { name: 'bound', scopes: [scope], ...bound };
      const made = await at.send({ method: 'POST', path: '/api/v1/keys', json, as: at.attacker.owner });
      const { key = 'tk_none' } = (parsed(made.text) ?? {}) as { key?: string };
      return at.send({ path: `/api/v1/${path}`, as: key });
    },
    judge: both(refusedWith([403, 404]), tellsNothing),
  }));
}

/** The same requests by their owner find what they ask for: the refusals above are for whose it is. */
async function ownersFind(site: Site): Promise<Verdict> {
  const { victim } = site;
  const credentials = [victim.owner, victim.has.appKey, victim.has.datasetKey];
  const lost: string[] = [];
  for (const route of owned(site)) {
    const sent = requestFor(route, victim);
    if (!sent || route.method !== 'GET' || notKept.test(route.path)) continue;
    const answers = await Promise.all(credentials.map((as) => site.send({ ...sent, as })));
    if (!answers.some(({ status }) => status < 300))
      lost.push(`${route.path} (${answers.map((one) => one.status).join(', ')})`);
  }
  return lost.length === 0 ? undefined : `their owner does not find ${lost.join(', ')}`;
}

/** Somebody asks for what belongs to somebody else. */
export const objectAuthorisation: AttackClass = {
  name: 'object-authorisation',
  attacks: (site) => [...byIds(site), ...byLists(site), ...byNames(site), ...inBodies(site), ...byBoundKeys(site)],
  afterwards: ownersFind,
};
