import type { TaskNodeType } from '@treadle/workflow';
import type { catalog } from './catalog.js';
import type { Execute } from './define-node.js';
import { executeHttpRequest } from './http-request/http-request.executor.js';
import { executeLlm } from './llm/llm.executor.js';

type Catalogued = typeof catalog;

/** The names of the node types that need an executor. */
export type TaskNodeName = {
  [Name in keyof Catalogued]: Catalogued[Name] extends { readonly work: 'task' } ? Name : never;
}[keyof Catalogued];

type ConfigOf<Type> = Type extends TaskNodeType<infer Config> ? Config : never;

/** The executor of every task node in the catalogue, alphabetical. One that is missing does not compile. */
export const executors = {
  'http-request': executeHttpRequest,
  llm: executeLlm,
} as const satisfies { readonly [Name in TaskNodeName]: Execute<ConfigOf<Catalogued[Name]>> };

/** The executor of a node type by name, for tasks whose configuration `compile` has checked; absent when there is none. */
export function findExecutor(type: string): Execute<unknown> | undefined {
  return Object.hasOwn(executors, type) ? (executors[type as TaskNodeName] as Execute<unknown>) : undefined;
}
