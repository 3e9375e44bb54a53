import type { ApiClient } from '@treadle/cli';
import type { WorkflowDocumentInput } from '@treadle/workflow';

/** How a run must have ended. */
export interface Expectation {
  readonly status: 'completed' | 'failed' | 'cancelled';
  /** The outputs of the run, as far as they matter. */
  readonly outputs?: Readonly<Record<string, unknown>>;
  /** Of a failed run: the code of its failure. */
  readonly failureCode?: string;
  /** What top-level nodes must have given, by their id; `undefined` for one that must have been skipped. */
  readonly nodes?: Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;
  /** Events that must have happened so often, by their type. */
  readonly events?: Readonly<Record<string, number>>;
}

/** A workflow, what to start it with, and what must come of it. Every start asks something else, so that a result in the wrong run shows. */
export interface Scenario {
  readonly name: string;
  /** @param idOf the id of the workflow of another scenario, which comes before this one */
  readonly document: (idOf: (scenario: string) => string) => WorkflowDocumentInput;
  /** @param index place of the start among all starts */
  readonly inputs: (index: number) => Readonly<Record<string, unknown>>;
  readonly expected: (index: number) => Expectation;
  /** What a person does with the accepted run; may be asked again until it goes through. */
  readonly act?: (api: ApiClient, runId: string) => Promise<unknown>;
  /** Calls of a model that one run needs. */
  readonly modelCalls: number;
}

/** What a model server with the default answer and 8 tokens says. */
export function answerTo(prompt: string): string {
  return `You said: ${prompt} the loom keeps every thread until the cloth`;
}

/** Configuration of an llm node that asks the text. */
export const asking = (text: string, name = 'small') => ({
  model: { name },
  prompt_template: [{ role: 'user', text }],
});

/** An output or a template's variable that takes a value of a node. */
export const named = (variable: string, ...value_selector: string[]) => ({ variable, value_selector });

/** A start node that wants a topic. */
export const topicStart = {
  id: 'start',
  type: 'start',
  config: { variables: [{ variable: 'topic', type: 'text-input', required: true }] },
};

/** A workflow of this name. */
export function workflow(
  name: string,
  nodes: WorkflowDocumentInput['nodes'],
  edges: WorkflowDocumentInput['edges'],
): WorkflowDocumentInput {
  return { format: 'treadle/v1', name, nodes, edges };
}

/** Edges from one node to the next. */
export const chain = (...ids: string[]) => ids.slice(1).map((target, index) => ({ source: ids[index] ?? '', target }));
