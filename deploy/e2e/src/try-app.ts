import { type ApiClient, ApiError, type ImportedWorkflow, type Run } from '@treadle/cli';

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

interface StoredDocument {
  readonly kind: string;
  readonly nodes: readonly { readonly type: string; readonly config: { readonly variables?: readonly Variable[] } }[];
}

/** Imports a workflow file and runs it on made-up inputs of the right types. */
export async function tryApp(api: ApiClient, text: string): Promise<AppTrial> {
  let imported: ImportedWorkflow | undefined;
  try {
    imported = await api.send<ImportedWorkflow>('/api/v1/workflows', {
      method: 'POST',
      text,
      headers: { 'content-type': 'application/yaml' },
    });
    const { document } = await api.send<{ document: StoredDocument }>(`/api/v1/workflows/${imported.id}`);
    const query = document.kind === 'chat' ? { query: 'What is a loom?' } : {};
    const json = { inputs: inputsFor(document), ...query, mode: 'wait' };
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

function inputsFor(document: StoredDocument): Record<string, unknown> {
  const variables = document.nodes.find((node) => node.type === 'start')?.config.variables ?? [];
  return Object.fromEntries(variables.map((variable) => [variable.variable, valueFor(variable)]));
}

function valueFor({ type, options }: Variable): unknown {
  switch (type) {
    case 'number':
      return 3;
    case 'checkbox':
      return true;
    case 'select':
      return options?.[0] ?? '';
    case 'json_object':
      return {};
    case 'file-list':
      return [];
    default:
      return 'A loom and its treadle';
  }
}
