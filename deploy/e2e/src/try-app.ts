import { type ApiClient, ApiError, type ImportedWorkflow, type Run } from '@treadle/cli';
import { type DocumentWithNodes, giveDataset } from './give-dataset.js';

/** What became of a file: imported or refused, and then run or refused. */
export interface AppTrial {
  readonly name: string;
  readonly warnings: readonly string[];
  /** The state its run ended in, or the code with which import or run was refused. */
  readonly outcome: string;
  /** Why, where it did not complete. */
  readonly reason: string;
  readonly run?: Run;
}

interface Variable {
  readonly variable: string;
  readonly type?: string;
  readonly options?: readonly string[];
}

interface StoredDocument extends DocumentWithNodes {
  readonly kind: string;
  readonly nodes: readonly (DocumentWithNodes['nodes'][number] & {
    readonly config: { readonly variables?: readonly Variable[] };
  })[];
}

/** Imports a workflow file, chooses a dataset where it needs one, and runs it on made-up inputs of the right types. */
export async function tryApp(api: ApiClient, text: string): Promise<AppTrial> {
  let imported: ImportedWorkflow | undefined;
  try {
    imported = await api.send<ImportedWorkflow>('/api/v1/workflows', {
      method: 'POST',
      text,
      headers: { 'content-type': 'application/yaml' },
    });
    const { document } = await api.send<{ document: StoredDocument }>(`/api/v1/workflows/${imported.id}`);
    await giveDataset(api, imported.id, document);
    const query = document.kind === 'chat' ? { query: 'What is a loom?' } : {};
    const json = { inputs: await inputsFor(api, document), ...query, mode: 'wait' };
    const run = await api.send<Run>(`/api/v1/workflows/${imported.id}/runs`, { method: 'POST', json });
    return { ...about(imported), outcome: run.status, reason: run.failure?.message ?? '', run };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return {
      ...about(imported),
      outcome: error.body.code ?? String(error.status),
      reason: error.body.message ?? error.message,
    };
  }
}

function about(imported: ImportedWorkflow | undefined): Pick<AppTrial, 'name' | 'warnings'> {
  return {
    name: imported?.name ?? '(not imported)',
    warnings: imported?.warnings.map(({ message }) => message ?? '') ?? [],
  };
}

async function inputsFor(api: ApiClient, document: StoredDocument): Promise<Record<string, unknown>> {
  const variables = document.nodes.find((node) => node.type === 'start')?.config.variables ?? [];
  const wantsFile = variables.some(({ type }) => type === 'file' || type === 'file-list');
  const file = wantsFile ? await uploadText(api) : undefined;
  return Object.fromEntries(variables.map((variable) => [variable.variable, valueFor(variable, file)]));
}

async function uploadText(api: ApiClient): Promise<object> {
  const form = new FormData();
  form.append('file', new Blob(['A loom and its treadle.\n'], { type: 'text/plain' }), 'loom.txt');
  const { items } = await api.send<{ readonly items: readonly { readonly id: string }[] }>('/api/v1/files', {
    method: 'POST',
    form,
  });
  return { file_id: items[0]?.id };
}

function valueFor({ type, options }: Variable, file: object | undefined): unknown {
  switch (type) {
    case 'number':
      return 3;
    case 'checkbox':
      return true;
    case 'select':
      return options?.[0] ?? '';
    case 'json_object':
      return {};
    case 'file':
      return file;
    case 'file-list':
      return [file];
    default:
      return 'A loom and its treadle';
  }
}
