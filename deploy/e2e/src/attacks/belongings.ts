import { ApiClient } from '@treadle/cli';
import { eventually } from '../eventually.js';
import { askingDocument, chatDocument, triggeredDocument } from './documents.js';

interface Named {
  readonly id: string;
}

/** One of every kind that has an id or a name, all of one organisation. */
export interface Belongings {
  readonly workflow: string;
  readonly run: string;
  readonly conversation: string;
  readonly message: string;
  readonly file: string;
  readonly webhook: string;
  /** Where it takes requests, without the host. */
  readonly webhookPath: string;
  readonly webhookSecret: string;
  readonly schedule: string;
  /** Of an approval that waits. */
  readonly approvalToken: string;
  readonly approvalRun: string;
  readonly dataset: string;
  readonly document: string;
  readonly chunk: string;
  readonly tag: string;
  readonly field: string;
  readonly toolset: string;
  readonly provider: string;
  readonly route: string;
  readonly budget: string;
  readonly role: string;
  readonly user: string;
  readonly key: string;
  /** A key that is bound to the workflow. */
  readonly appKey: string;
  /** A key for datasets. */
  readonly datasetKey: string;
}

export const appScopes = [
  'runs:start',
  'runs:read',
  'runs:cancel',
  'conversations:read',
  'conversations:write',
  'files:read',
  'files:write',
  'approvals:answer',
];

/** The end user that the organisations' apps are used by. */
export const endUser = 'ada';

const v1 = '/api/v1';

/** Makes one of each. @param mark in the name of everything, so that it is known wherever it comes up */
export async function furnish(url: string, credential: string, mark: string): Promise<Belongings> {
  const api = new ApiClient({ url, apiKey: credential });
  const apps = await makeApps(api, mark);
  const knowledge = await makeKnowledge(api, url, mark);
  const settings = await makeSettings(api, mark);
  const people = await makePeople(api, mark);
  const talk = await makeTalk(new ApiClient({ url, apiKey: apps.appKey }), mark);
  const form = new FormData();
  form.append('file', new Blob([`# ${mark}`]), `${mark}.md`);
  const uploaded = await api.send<{ items: Named[] }>(`${v1}/files`, { method: 'POST', form });
  return { ...apps, ...knowledge, ...settings, ...people, ...talk, file: uploaded.items[0]?.id ?? '' };
}

async function makeApps(api: ApiClient, mark: string) {
  const store = (json: object) => api.send<Named>(`${v1}/workflows`, { method: 'POST', json });
  const { id: workflow } = await store(chatDocument(`${mark} chat`));
  const triggered = await store(triggeredDocument(`${mark} triggered`));
  const published = await api.send<{ webhooks: { id: string; url: string; secret: string }[] }>(
    `${v1}/workflows/${triggered.id}/publish`,
    { method: 'POST', json: {} },
  );
  const [hook] = published.webhooks;
  if (!hook) throw new Error('The published workflow has no webhook.');
  const schedules = await api.send<{ items: Named[] }>(`${v1}/schedules`);
  const asking = await store(askingDocument(`${mark} asking`));
  const run = await api.send<Named>(`${v1}/workflows/${asking.id}/runs`, { method: 'POST', json: { mode: 'async' } });
  const query = { run_id: run.id };
  const approvalToken = await eventually('the approval', async () => {
    const { items } = await api.send<{ items: { token: string }[] }>(`${v1}/approvals`, { query });
    return items[0]?.token;
  });
  const key = { name: `${mark} app key`, scopes: appScopes, workflow_id: workflow };
  const made = await api.send<{ key: string }>(`${v1}/keys`, { method: 'POST', json: key });
  return {
    ...{ workflow, approvalToken, approvalRun: run.id, appKey: made.key },
    ...{ webhook: hook.id, webhookPath: new URL(hook.url).pathname, webhookSecret: hook.secret },
    schedule: schedules.items[0]?.id ?? '',
  };
}

async function makeTalk(app: ApiClient, mark: string) {
  const said = await app.send<{ conversation_id: string; message_id: string }>('/v1/chat-messages', {
    method: 'POST',
    json: { inputs: {}, user: endUser, query: `${mark} says hello`, response_mode: 'blocking' },
  });
  const { items } = await app.send<{ items: Named[] }>(`${v1}/runs`);
  return { conversation: said.conversation_id, message: said.message_id, run: items[0]?.id ?? '' };
}

async function makeKnowledge(api: ApiClient, url: string, mark: string) {
  const { id: dataset } = await api.send<Named>(`${v1}/datasets`, {
    method: 'POST',
    json: { name: `${mark} dataset` },
  });
  const documents = `${v1}/datasets/${dataset}/documents`;
  const json = { name: `${mark} document`, text: `${mark} knows that a treadle lifts warp threads.` };
  const { id: document } = await api.send<Named>(documents, { method: 'POST', json });
  const chunk = await eventually('the document to be indexed', async () => {
    const { items } = await api.send<{ items: Named[] }>(`${documents}/${document}/chunks`);
    return items[0]?.id;
  });
  const key = { name: `${mark} dataset key`, scopes: ['datasets:read', 'datasets:write'] };
  const made = await api.send<{ key: string }>(`${v1}/keys`, { method: 'POST', json: key });
  const dify = new ApiClient({ url, apiKey: made.key });
  const tag = await dify.send<Named>('/v1/datasets/tags', { method: 'POST', json: { name: `${mark} tag` } });
  const metadata = { method: 'POST' as const, json: { type: 'string', name: 'colour' } };
  const field = await dify.send<Named>(`/v1/datasets/${dataset}/metadata`, metadata);
  return { dataset, document, chunk, tag: tag.id, field: field.id, datasetKey: made.key };
}

async function makeSettings(api: ApiClient, mark: string) {
  const put = (path: string, json: object) => api.send(`${v1}/${path}`, { method: 'PUT', json });
  const [toolset, provider, route, budget] = ['tools', 'provider', 'route', 'budget'].map((kind) => `${mark}-${kind}`);
  const document = JSON.stringify({
    openapi: '3.1.0',
    info: { title: mark, version: '1' },
    servers: [{ url: 'https://tools.example.com' }],
    paths: { '/do': { post: { operationId: 'do', summary: 'Does.', responses: { 200: { description: 'Done.' } } } } },
  });
  await put(`tools/toolsets/${toolset}`, { kind: 'openapi', source: { document } });
  const credential = { type: 'bearer', values: { token: `${mark}-tool-token` } };
  await put(`tools/toolsets/${toolset}/credential`, credential);
  await put(`models/providers/${provider}`, { kind: 'demo' });
  await put(`models/routes/${route}`, { targets: [{ provider, model: 'demo' }] });
  await put(`models/budgets/${budget}`, { scope: 'tenant', period: 'day', limit_usd: 1000 });
  await put('models/prices', { model: `${mark}-model`, input_per_million: 1, output_per_million: 1 });
  return { toolset: toolset ?? '', provider: provider ?? '', route: route ?? '', budget: budget ?? '' };
}

async function makePeople(api: ApiClient, mark: string) {
  const role = `${mark}-role`;
  await api.send(`${v1}/roles/${role}`, { method: 'PUT', json: { permissions: ['usage:read'] } });
  const person = { email: `${mark}-viewer@example.com`, role: 'viewer' };
  const user = await api.send<Named>(`${v1}/users`, { method: 'POST', json: person });
  const key = { name: `${mark} key`, scopes: ['runs:read'] };
  const made = await api.send<{ id: number }>(`${v1}/keys`, { method: 'POST', json: key });
  return { role, user: user.id, key: String(made.id) };
}
