import type { ApiClient, Page, Run } from '@treadle/cli';
import { eventually } from '../eventually.js';
import { answerTo, asking, chain, named, topicStart, workflow } from '../scenarios/scenario.js';
import type { System } from '../system.js';

/** What somebody has in a Treadle. */
export interface Belongings {
  readonly workflow: string;
  readonly dataset: string;
  /** Completed, each with a value too large for the database. */
  readonly runs: readonly string[];
  /** Waits for a person. */
  readonly waiting: string;
  /** A key that was made here. */
  readonly key: string;
}

export const storedProvider = 'stored';

const asks = workflow(
  'asks a provider whose key is stored',
  [
    topicStart,
    {
      id: 'llm',
      type: 'llm',
      config: { ...asking('Say {{#start.topic#}}'), model: { provider: storedProvider, name: 'small' } },
    },
    { id: 'end', type: 'end', config: { outputs: [named('text', 'llm', 'text'), named('topic', 'start', 'topic')] } },
  ],
  chain('start', 'llm', 'end'),
);

const waits = workflow(
  'waits for a person',
  [
    topicStart,
    {
      id: 'ask',
      type: 'human-input',
      config: { form_content: 'May it?', user_actions: [{ id: 'yes' }, { id: 'no' }] },
    },
    { id: 'llm', type: 'llm', config: asking('Allowed {{#start.topic#}}') },
    { id: 'end', type: 'end', config: { outputs: [named('text', 'llm', 'text')] } },
  ],
  [...chain('start', 'ask'), { source: 'ask', source_handle: 'yes', target: 'llm' }, ...chain('llm', 'end')],
);

const texts = {
  Looms:
    'A loom holds the warp threads under tension. A treadle is a lever that the foot presses to lift some of them.',
  Sheep: 'Wool is shorn in spring, washed, carded and spun. A ewe gives three kilograms of it.',
};

/** Fills an empty Treadle. @param provider address and key of a provider whose key is stored */
export async function fill(
  api: ApiClient,
  provider: { readonly url: string; readonly key: string },
): Promise<Belongings> {
  const post = <T>(path: string, json: object) => api.send<T>(`/api/v1/${path}`, { method: 'POST', json });
  const json = { kind: 'openai-compatible', base_url: provider.url, api_key: provider.key };
  await api.send(`/api/v1/models/providers/${storedProvider}`, { method: 'PUT', json });
  const { id } = await post<{ id: string }>('workflows', asks);
  const { id: waiter } = await post<{ id: string }>('workflows', waits);
  const runs: string[] = [];
  for (let count = 0; count < 5; count += 1) runs.push((await ask(api, id, 'thread '.repeat(5000))).id);
  const { id: waiting } = await post<Run>(`workflows/${waiter}/runs`, { inputs: { topic: 'cloth' }, mode: 'async' });
  await eventually('the run to ask', () => openQuestion(api, waiting));
  const { id: dataset } = await post<{ id: string }>('datasets', { name: 'Crafts' });
  for (const [name, text] of Object.entries(texts)) await addDocument(api, dataset, name, text);
  const { key } = await post<{ key: string }>('keys', { name: 'of a shop', scopes: ['runs:read'] });
  return { workflow: id, dataset, runs, waiting, key };
}

/** A run of the workflow whose provider's key is stored. @throws Error when the provider refused the key. */
export async function ask(api: ApiClient, id: string, topic: string): Promise<Run> {
  const json = { inputs: { topic }, mode: 'wait' };
  const run = await api.send<Run>(`/api/v1/workflows/${id}/runs`, { method: 'POST', json });
  if (run.status !== 'completed') throw new Error(`A run of ${id} has ${run.status}: ${JSON.stringify(run)}`);
  return run;
}

export async function addDocument(api: ApiClient, dataset: string, name: string, text: string): Promise<void> {
  const documents = `/api/v1/datasets/${dataset}/documents`;
  const { id } = await api.send<{ id: string }>(documents, { method: 'POST', json: { name, text } });
  await eventually(`${name} to be indexed`, async () => {
    const document = await api.send<{ status: string }>(`${documents}/${id}`);
    if (document.status === 'failed') throw new Error(`${name} was not indexed: ${JSON.stringify(document)}`);
    return document.status === 'completed' ? true : undefined;
  });
}

/** Answers the run that waits, and gives its end. @throws Error when that is not as it has to be. */
export async function answerWaiting(api: ApiClient, { waiting }: Belongings): Promise<void> {
  const token = await eventually('the run to ask', () => openQuestion(api, waiting));
  await api.send(`/api/v1/approvals/${token}`, { method: 'POST', json: { action: 'yes', by: 'a person' } });
  const run = await eventually('the answered run to end', async () => {
    const found = await api.send<Run>(`/api/v1/runs/${waiting}`);
    return found.status === 'completed' ? found : undefined;
  });
  if (run.outputs?.['text'] !== answerTo('Allowed cloth')) throw new Error(`It gave ${JSON.stringify(run.outputs)}.`);
}

async function openQuestion(api: ApiClient, run: string): Promise<string | undefined> {
  const query = { run_id: run, status: 'pending' };
  return (await api.send<Page<{ token: string }>>('/api/v1/approvals', { query })).items[0]?.token;
}

/** All that can be read of what somebody has, by what it is, but where that Treadle is. */
export async function read(
  { api, url }: Pick<System, 'api' | 'url'>,
  { workflow, dataset, runs, waiting }: Belongings,
): Promise<Record<string, string>> {
  const search = { query: 'which lever does the foot press?' };
  const paths = {
    workflow: `workflows/${workflow}`,
    datasets: 'datasets',
    documents: `datasets/${dataset}/documents`,
    providers: 'models/providers',
    approvals: 'approvals',
    ...Object.fromEntries([...runs, waiting].map((id) => [`run ${id}`, `runs/${id}`])),
    ...Object.fromEntries([...runs, waiting].map((id) => [`the history of run ${id}`, `runs/${id}/history`])),
  };
  const seen: Record<string, string> = {};
  for (const [name, path] of Object.entries(paths))
    seen[name] = (await Array.fromAsync(api.download(`/api/v1/${path}`))).join('').replaceAll(url, '');
  const found = await api.send(`/api/v1/datasets/${dataset}/search`, { method: 'POST', json: search });
  const keys = await api.send<Page<{ last_used_at?: unknown }>>('/api/v1/keys');
  return {
    ...seen,
    'a search': JSON.stringify(found, (name, value: unknown) => (/took|_ms$|seconds/.test(name) ? undefined : value)),
    keys: JSON.stringify(keys.items.map((key) => ({ ...key, last_used_at: undefined }))),
  };
}
