import type { RecordedEvent, RunEvent } from '@treadle/engine';
import { catalog } from '@treadle/nodes';
import { compile, type Plan, type WorkflowDocument } from '@treadle/workflow';
import { usageError } from './cli-error.js';

/** A workflow as a history has it. */
interface HistoryWorkflow {
  readonly id: string;
  readonly version: number;
  readonly format: string;
  readonly document: WorkflowDocument;
}

/** A history as it can be decided once more. */
export interface History {
  readonly plan: Plan;
  readonly events: readonly RecordedEvent[];
}

/**
 * Reads the lines that `runs history` writes.
 * @throws CliError when they are something else, or hold a workflow that cannot run here.
 */
export function readHistory(text: string): History {
  const [head, ...lines] = text.split('\n').filter((line) => line !== '');
  const { format, workflows } = parse<{ format?: string; workflows: HistoryWorkflow[] }>(head ?? '', 1);
  if (format !== 'treadle-history/v1')
    throw usageError('This is no history: its first line is not of treadle-history/v1.');
  const events = lines.map((line, index) => {
    const { sequence, at, event } = parse<{ sequence: number; at: string; event: RunEvent }>(line, index + 2);
    return { sequence, at: Date.parse(at), event };
  });
  return { plan: planOf(workflows), events };
}

/** The run's own workflow is the first; what it calls is compiled as it is asked for. */
function planOf(workflows: readonly HistoryWorkflow[]): Plan {
  const [own] = workflows;
  if (!own) throw usageError('This history holds no workflow.');
  const found = (id: string, version: number) => workflows.find((one) => one.id === id && one.version === version);
  const compiled = ({ document, format }: HistoryWorkflow): ReturnType<typeof compile> =>
    compile(document, catalog, {
      tolerant: format !== 'treadle',
      workflows: ({ id, version }) => {
        const called = found(id, version);
        return called && compiled(called).plan;
      },
    });
  const { plan, diagnostics } = compiled(own);
  if (plan) return plan;
  const problem = diagnostics.find(({ severity }) => severity === 'error');
  throw usageError(`The workflow of this history cannot run here: ${problem?.message ?? ''}`);
}

function parse<T>(line: string, number: number): T {
  try {
    return JSON.parse(line) as T;
  } catch {
    throw usageError(`Line ${number} of this history is not JSON.`);
  }
}
