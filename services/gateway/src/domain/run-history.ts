import type { Run } from '@treadle/contracts';
import type { RunEvent } from '@treadle/engine';
import { FailureError } from '@treadle/failure';
import { type Catalog, type WorkflowDocument, workflowsCalledBy } from '@treadle/workflow';
import type { Runs, Workflows } from './ports.js';

/** Journal entries read at a time: a long history is never in memory whole. */
const pageSize = 200;

/** A workflow of a history: enough to compile it anywhere. */
interface HistoryWorkflow {
  readonly id: string;
  readonly version: number;
  /** `treadle`, or the name of a format that was imported and may hold what cannot run. */
  readonly format: string;
  readonly document: WorkflowDocument;
}

export interface HistorySources {
  readonly runs: Pick<Runs, 'readJournal'>;
  readonly workflows: Pick<Workflows, 'getWorkflow'>;
  readonly catalog: Catalog;
}

/**
 * The history of a run as lines of JSON: first the run with the documents of its version and of every workflow that it calls, then
 * each event with its number and its moment. It replays wherever the engine is.
 * @throws FailureError before the first line only, unless the orchestrator goes away in between.
 */
export async function* historyLines(sources: HistorySources, tenantId: string, run: Run): AsyncGenerator<string, void> {
  const { id, workflowId, version, status } = run;
  const workflows = await workflowsOf(sources, tenantId, workflowId, version);
  yield line({ format: 'treadle-history/v1', run: { id, workflow_id: workflowId, version, status }, workflows });
  for (let afterSequence = 0; ; ) {
    const page = await sources.runs.readJournal({ tenantId, runId: id, afterSequence, limit: pageSize });
    for (const { firstSequence, atUnixMs, eventsJson } of page.entries) {
      const at = new Date(atUnixMs).toISOString();
      const events = JSON.parse(eventsJson) as RunEvent[];
      yield events.map((event, index) => line({ sequence: firstSequence + index, at, event })).join('');
      afterSequence = firstSequence + events.length - 1;
    }
    if (page.entries.length < pageSize) return;
  }
}

/** The version of a run and, each once, the versions it calls, and those that they call. The run's own is the first. */
async function workflowsOf(
  { workflows, catalog }: HistorySources,
  tenantId: string,
  workflowId: string,
  version: number,
): Promise<HistoryWorkflow[]> {
  const found = new Map<string, HistoryWorkflow>();
  const wanted = [{ id: workflowId, version }];
  for (let next = wanted.shift(); next; next = wanted.shift()) {
    const name = `${next.id}@${next.version}`;
    if (found.has(name)) continue;
    const answer = await workflows.getWorkflow({ tenantId, workflowId: next.id, version: next.version });
    const source = answer.version?.source;
    if (!source) throw FailureError.of('not_found', `There is no version ${next.version} of workflow ${next.id}.`);
    const document = JSON.parse(source.documentJson) as WorkflowDocument;
    found.set(name, { ...next, format: source.format, document });
    wanted.push(...workflowsCalledBy(document, catalog));
  }
  return [...found.values()];
}

const line = (value: object) => `${JSON.stringify(value)}\n`;
