import { FailureError } from '@treadle/failure';
import type { ControlNodeType, NodeType, TaskNodeType } from '@treadle/workflow';
import { executeCall } from './agent/call.executor.js';
import { executeThink } from './agent/think.executor.js';
import { catalog } from './catalog.js';
import { executeCode } from './code/code.executor.js';
import type { Execute } from './define-node.js';
import { executeDocumentExtractor } from './document-extractor/document-extractor.executor.js';
import { executeHttpRequest } from './http-request/http-request.executor.js';
import { executeKnowledgeRetrieval } from './knowledge-retrieval/knowledge-retrieval.executor.js';
import { executeLlm } from './llm/llm.executor.js';
import { executeParameterExtractor } from './parameter-extractor/parameter-extractor.executor.js';
import { executeQuestionClassifier } from './question-classifier/question-classifier.executor.js';
import { executeTemplate } from './template/template.executor.js';
import { executeTool } from './tool/tool.executor.js';

type Catalogued = typeof catalog;

/** The names of the node types that need an executor. */
export type TaskNodeName = {
  [Name in keyof Catalogued]: Catalogued[Name] extends { readonly work: 'task' } ? Name : never;
}[keyof Catalogued];

type ConfigOf<Type> = Type extends TaskNodeType<infer Config> ? Config : never;

/** The executor of every task node in the catalogue, alphabetical. One that is missing does not compile. */
export const executors = {
  'agent-call': executeCall,
  'agent-think': executeThink,
  code: executeCode,
  'document-extractor': executeDocumentExtractor,
  'http-request': executeHttpRequest,
  'knowledge-retrieval': executeKnowledgeRetrieval,
  llm: executeLlm,
  'parameter-extractor': executeParameterExtractor,
  'question-classifier': executeQuestionClassifier,
  tool: executeTool,
} as const satisfies { readonly [Name in TaskNodeName]: Execute<ConfigOf<Catalogued[Name]>> };

/** Control nodes that an executor settles in another way than the engine. */
const controlExecutors = { template: executeTemplate } as const;

/**
 * The executor of a node type by name, for tasks whose configuration `compile` has checked; absent when there is none. A control node
 * becomes a task where it reads large values or is work, and comes to the same here as in the engine.
 */
export function findExecutor(type: string): Execute<unknown> | undefined {
  if (Object.hasOwn(executors, type)) return executors[type as TaskNodeName] as Execute<unknown>;
  if (Object.hasOwn(controlExecutors, type))
    return controlExecutors[type as keyof typeof controlExecutors] as Execute<unknown>;
  const known: NodeType | undefined = Object.hasOwn(catalog, type)
    ? (catalog[type as keyof Catalogued] as NodeType)
    : undefined;
  return known?.work === 'control' ? settling(known) : undefined;
}

function settling(type: ControlNodeType): Execute<unknown> {
  return async (config, { read }) => {
    const settlement = type.settle(config, read);
    if ('failure' in settlement) throw new FailureError(settlement.failure);
    return settlement;
  };
}
