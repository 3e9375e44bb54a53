import { type Catalog, failHandle, type NodeSettings, type NodeType, type Reference } from './descriptor.js';
import {
  type DocumentNode,
  type ErrorStrategy,
  errorStrategySchema,
  type RetryPolicy,
  retryPolicySchema,
  type WorkflowDocument,
} from './document.js';
import { fieldPath } from './field-path.js';
import { type Findings, nodeName } from './findings.js';
import { schemaProblems } from './schema-problems.js';
import { isReservedScope, reservedScopes } from './selector.js';

type TypeOf = NodeSettings['typeOf'];

/** A node of the document with what its type says of it. Without a usable type or configuration its parts are left open. */
export interface CheckedNode {
  /** Place in the document's `nodes`. */
  readonly index: number;
  readonly source: DocumentNode;
  readonly retry: RetryPolicy;
  readonly onError: ErrorStrategy;
  /** Absent when there is none of that name. */
  readonly type?: NodeType;
  /** Absent when its type or its configuration is unusable. */
  readonly known?: { readonly type: NodeType; readonly config: unknown };
  readonly reads: readonly Reference[];
  readonly writes: readonly Reference[];
  /** The branches it has; absent when nothing is known of them. */
  readonly handles?: ReadonlySet<string>;
  /** The names of its outputs; absent when only a run shows them. */
  readonly outputs?: ReadonlySet<string>;
}

/** What a failure handled by a node's error strategy gives beside the node's own outputs. */
const failureOutputs = ['error_message', 'error_type'];

/** Checks every node by itself. Of nodes that share an id the first one stays. */
export function checkNodes(
  document: Pick<WorkflowDocument, 'nodes' | 'conversation'>,
  catalog: Catalog,
  findings: Findings,
): Map<string, CheckedNode> {
  const byId = new Map<string, CheckedNode>();
  const typeOf = variableTypes(document, catalog);
  document.nodes.forEach((source, index) => {
    checkId(source, index, findings);
    const checked = checkNode(source, index, catalog, typeOf, findings);
    checkApproval(checked, findings);
    const first = byId.get(source.id);
    if (first === undefined) byId.set(source.id, checked);
    else {
      const message = `nodes[${first.index}] and nodes[${index}] share the id "${source.id}". Give each node its own.`;
      findings.error('duplicate_node', fieldPath('nodes', index, 'id'), message, source.id);
    }
  });
  return byId;
}

/** A node named like a scope could not be selected from. */
function checkId({ id }: DocumentNode, index: number, findings: Findings): void {
  if (!isReservedScope(id)) return;
  const message = `The id "${id}" is the name of a scope (${reservedScopes.join(', ')}). Give the node another.`;
  findings.error('invalid_field', fieldPath('nodes', index, 'id'), message, id);
}

/** Approval is asked before work begins outside; nothing else can be guarded. */
function checkApproval({ source, index, known }: CheckedNode, findings: Findings): void {
  if (source.approval === undefined || known === undefined || known.type.work === 'task') return;
  const message = `Node ${nodeName(source)} asks for approval, but a node of type "${source.type}" does nothing outside the run. Put approval on the node that does.`;
  findings.error('invalid_field', fieldPath('nodes', index, 'approval'), message, source.id);
}

/** Types of the variables that nodes may write: those of the conversation, and those of containers. */
function variableTypes(
  { conversation, nodes }: Pick<WorkflowDocument, 'nodes' | 'conversation'>,
  catalog: Catalog,
): TypeOf {
  const declared = new Map(conversation.map(({ name, type }) => [name, type]));
  return ([owner, name = '']) => {
    if (owner === 'conversation') return declared.get(name);
    const node = nodes.find(({ id }) => id === owner);
    const type = node && Object.hasOwn(catalog, node.type) ? catalog[node.type] : undefined;
    if (node === undefined || type?.work !== 'container' || type.variables === undefined) return undefined;
    const config = type.config.safeParse(node.config);
    return config.success ? type.variables(config.data)[name] : undefined;
  };
}

function checkNode(
  source: DocumentNode,
  index: number,
  catalog: Catalog,
  typeOf: TypeOf,
  findings: Findings,
): CheckedNode {
  const retry = source.retry ?? retryPolicySchema.parse({});
  const onError = source.on_error ?? errorStrategySchema.parse({ strategy: 'fail' });
  const bare: CheckedNode = { index, source, retry, onError, reads: [], writes: [] };
  const type = Object.hasOwn(catalog, source.type) ? catalog[source.type] : undefined;
  if (type === undefined) {
    const message = `Node ${nodeName(source)} has the type "${source.type}", which does not exist here.`;
    findings.error('unknown_node_type', fieldPath('nodes', index, 'type'), message, source.id);
    return bare;
  }
  const parsed = type.config.safeParse(source.config);
  if (!parsed.success) {
    for (const problem of schemaProblems(parsed.error)) {
      const field = fieldPath('nodes', index, 'config', ...problem.path);
      const message = `Node ${nodeName(source)}: ${fieldPath('config', ...problem.path)}: ${problem.message}.`;
      findings.error('invalid_field', field, message, source.id);
    }
    return { ...bare, type };
  }
  return {
    ...bare,
    type,
    ...describe(type, parsed.data, { retry, onError, guarded: source.approval !== undefined, typeOf }),
  };
}

function describe(type: NodeType, parsed: unknown, settings: NodeSettings): Partial<CheckedNode> {
  const { onError } = settings;
  const config = type.complete === undefined ? parsed : type.complete(parsed, settings);
  const handles = new Set(type.handles(config));
  if (onError.strategy === 'fail-branch') handles.add(failHandle);
  const names = type.outputs(config);
  const outputs = names === 'open' ? undefined : new Set([...names, ...outputsOnError(onError)]);
  return { known: { type, config }, reads: type.reads(config), writes: type.writes?.(config) ?? [], handles, outputs };
}

function outputsOnError(onError: ErrorStrategy): readonly string[] {
  if (onError.strategy === 'fail') return [];
  return onError.strategy === 'fail-branch' ? failureOutputs : [...failureOutputs, ...Object.keys(onError.outputs)];
}
