import { catalog } from '@treadle/nodes/catalog';
import { fieldPath, isJsonObject, type Json, type JsonObject, type WorkflowDocumentInput } from '@treadle/workflow';
import { configTranslators } from './configs.js';
import type { DifyNode } from './dify-file.js';
import { textOf } from './dify-values.js';
import type { Warnings } from './warnings.js';

type NodeInput = WorkflowDocumentInput['nodes'][number];

/** Node types with another name here. `variable-assigner` is what the aggregator was called first. */
const renamedTypes: Readonly<Record<string, string>> = {
  'template-transform': 'template',
  'trigger-schedule': 'schedule',
  'trigger-webhook': 'webhook',
  'variable-assigner': 'variable-aggregator',
};

/** Parts of `data` that belong to the node, not to its configuration, or only to Dify's canvas. */
const baseFields = new Set([
  'type',
  'title',
  'desc',
  'version',
  'selected',
  'error_strategy',
  'default_value',
  'retry_config',
  'isInIteration',
  'isIterationStart',
  'iteration_id',
  'isInLoop',
  'isLoopStart',
  'loop_id',
]);

/** Translates one node. A type that does not exist here stays as it is, with a warning. */
export function toNode(node: DifyNode, index: number, warnings: Warnings): NodeInput {
  const data: JsonObject = (node.data as JsonObject | null | undefined) ?? {};
  const difyType = textOf(data.type) || (node.type && node.type !== 'custom' ? node.type : 'unknown');
  const type = renamedTypes[difyType] ?? difyType;
  const title = textOf(data.title).slice(0, 200);
  if (!Object.hasOwn(catalog, type)) {
    const message = `Node "${node.id}" (${title}) has the type "${difyType}", which does not exist here. The workflow is kept, but it cannot run until the node is replaced.`;
    warnings.add('unknown_node_type', fieldPath('nodes', index, 'type'), message, node.id);
  }
  const config = Object.fromEntries(Object.entries(data).filter(([name]) => !baseFields.has(name)));
  const translate = Object.hasOwn(configTranslators, type) ? configTranslators[type] : undefined;
  const warn = (message: string) => warnings.add('imported', fieldPath('nodes', index, 'config'), message, node.id);
  return {
    id: node.id,
    type,
    title,
    description: textOf(data.desc).slice(0, 2000),
    ...parentOf(node),
    config: mutable(translate === undefined ? config : translate(config, warn)),
    ...retryOf(data.retry_config),
    ...onErrorOf(data),
    ...(node.position ? { position: { x: node.position.x, y: node.position.y } } : {}),
    ...(node.width && node.height ? { size: { width: node.width, height: node.height } } : {}),
  };
}

/** The container a node is drawn in. Some files name it in the data alone. */
export function parentOf({ parentId, data }: DifyNode): Pick<NodeInput, 'parent'> {
  const { isInIteration, iteration_id, isInLoop, loop_id } = data ?? {};
  const named = isInLoop === true ? loop_id : isInIteration === true ? iteration_id : undefined;
  const parent = parentId ?? textOf(named);
  return parent ? { parent } : {};
}

/** Dify waits the same time before each retry; here that time is where the waits begin. It counts retries, we count attempts. */
function retryOf(retry: Json | undefined): Pick<NodeInput, 'retry'> {
  if (!isJsonObject(retry) || (retry.retry_enabled ?? retry.enabled) !== true) return {};
  const retries = Math.min(Math.max(Number(retry.max_retries ?? 0), 0), 9);
  const seconds = Math.min(Math.max(Number(retry.retry_interval ?? 1000), 0), 3_600_000) / 1000;
  return retries > 0 ? { retry: { max_attempts: retries + 1, backoff_seconds: seconds } } : {};
}

function onErrorOf(data: JsonObject): Pick<NodeInput, 'on_error'> {
  if (data.error_strategy === 'fail-branch') return { on_error: { strategy: 'fail-branch' } };
  if (data.error_strategy !== 'default-value') return {};
  const defaults = Array.isArray(data.default_value) ? (data.default_value as readonly Json[]) : [];
  const outputs = defaults.flatMap((item) =>
    isJsonObject(item) && typeof item.key === 'string'
      ? [[item.key, typedValue(textOf(item.type), item.value)] as const]
      : [],
  );
  return { on_error: { strategy: 'default-value', outputs: mutable(Object.fromEntries(outputs)) } };
}

/** The editor writes default values as text, whatever their type. What cannot be read as its type stays text. */
function typedValue(type: string, value: Json | undefined): Json {
  if (typeof value !== 'string' || type === 'string') return value ?? null;
  try {
    return JSON.parse(value) as Json;
  } catch {
    return value;
  }
}

/** The document's input type says `JSON` without `readonly`; nothing writes to it. */
function mutable(value: JsonObject): NonNullable<NodeInput['config']> {
  return value as NonNullable<NodeInput['config']>;
}
