import type { ApiClient } from '@treadle/cli';
import { eventually } from './eventually.js';

/** The part of a workflow's document that names datasets. */
export interface DocumentWithNodes {
  readonly nodes: readonly {
    readonly type: string;
    readonly config: Readonly<Record<string, unknown>> & { readonly dataset_ids?: readonly string[] };
  }[];
}

const text =
  'A loom holds the warp threads under tension. A treadle is a lever that the foot presses to lift some of them.';

/**
 * An exported app does not bring its datasets: whoever imports it chooses some. This stores a new version of the workflow whose
 * knowledge-retrieval nodes without datasets have one with a short document. Nothing happens where there are no such nodes.
 */
export async function giveDataset(api: ApiClient, workflowId: string, document: DocumentWithNodes): Promise<void> {
  if (!document.nodes.some(hasNoDataset)) return;
  const dataset_ids = [await datasetWithText(api)];
  const nodes = document.nodes.map((node) =>
    hasNoDataset(node) ? { ...node, config: { ...node.config, dataset_ids } } : node,
  );
  await api.send(`/api/v1/workflows/${workflowId}`, { method: 'PUT', json: { ...document, nodes } });
}

function hasNoDataset({ type, config }: DocumentWithNodes['nodes'][number]): boolean {
  return type === 'knowledge-retrieval' && config.dataset_ids?.length === 0;
}

async function datasetWithText(api: ApiClient): Promise<string> {
  const name = `Looms ${crypto.randomUUID()}`;
  const { id } = await api.send<{ id: string }>('/api/v1/datasets', { method: 'POST', json: { name } });
  const documents = `/api/v1/datasets/${id}/documents`;
  const document = await api.send<{ id: string }>(documents, { method: 'POST', json: { name: 'Looms', text } });
  await eventually('the document to be indexed', async () => {
    const { status } = await api.send<{ status: string }>(`${documents}/${document.id}`);
    return status === 'completed' ? status : undefined;
  });
  return id;
}
