import type { ApiClient } from '@treadle/cli';
import { type HistoryDifference, type RecordedEvent, type RunEvent, verifyHistory } from '@treadle/engine';
import { catalog } from '@treadle/nodes/catalog';
import { compile, type WorkflowDocument } from '@treadle/workflow';

interface Head {
  readonly workflows: readonly { readonly document: WorkflowDocument }[];
}

interface Line {
  readonly sequence: number;
  readonly at: string;
  readonly event: RunEvent;
}

/** The history of a run, decided once more: its events, and where the engine decides otherwise. */
export async function verifyRun(
  api: ApiClient,
  id: string,
): Promise<{ readonly events: readonly RunEvent[]; readonly difference: HistoryDifference | undefined }> {
  const text = (await Array.fromAsync(api.download(`/api/v1/runs/${id}/history`))).join('');
  const [head = '', ...lines] = text.trimEnd().split('\n');
  const history = lines.map((line): RecordedEvent => {
    const { sequence, at, event } = JSON.parse(line) as Line;
    return { sequence, at: Date.parse(at), event };
  });
  const { workflows } = JSON.parse(head) as Head;
  const { plan } = workflows[0] ? compile(workflows[0].document, catalog) : {};
  if (!plan) throw new Error(`The history of run ${id} has no workflow that runs.`);
  return { events: history.map(({ event }) => event), difference: verifyHistory(plan, catalog, history) };
}
