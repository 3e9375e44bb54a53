import type { CheckedNode } from './check-nodes.js';
import type { Reference } from './descriptor.js';
import type { WorkflowDocument } from './document.js';
import { fieldPath, fieldWithin } from './field-path.js';
import { type Findings, nodeName } from './findings.js';
import { isReservedScope, selectorText, sysNames } from './selector.js';

/** Whether the first node has finished (or been skipped) before the second one begins. */
export type IsUpstream = (ancestor: CheckedNode, node: CheckedNode) => boolean;

/** Checks that everything a node selects may be there when it runs. Without `isUpstream` the order is not judged. */
export function checkReferences(
  document: WorkflowDocument,
  nodes: ReadonlyMap<string, CheckedNode>,
  isUpstream: IsUpstream | undefined,
  findings: Findings,
): void {
  const scopes = scopeNames(document);
  for (const node of nodes.values()) {
    for (const reference of node.reads) {
      const [scope] = reference.selector;
      if (isReservedScope(scope)) checkScope(node, reference, scopes, findings);
      else checkSelector(node, reference, nodes.get(scope), isUpstream, findings);
    }
  }
}

function scopeNames(document: WorkflowDocument): ReadonlyMap<string, ReadonlySet<string>> {
  return new Map([
    ['sys', new Set<string>(sysNames)],
    ['env', new Set(document.environment.map((variable) => variable.name))],
    ['conversation', new Set(document.conversation.map((variable) => variable.name))],
  ]);
}

function checkScope(
  node: CheckedNode,
  { selector, field }: Reference,
  scopes: ReadonlyMap<string, ReadonlySet<string>>,
  findings: Findings,
): void {
  const [scope, name] = selector;
  const names = scopes.get(scope);
  // Only `inputs` has no list of names: the entry declares them itself, and nobody else may look.
  const allowed = names === undefined ? node.known?.type.group === 'entry' : name !== undefined && names.has(name);
  if (allowed) return;
  const hint =
    names === undefined
      ? 'Only the start node reads inputs; select its outputs instead.'
      : names.size === 0
        ? `The workflow declares no ${scope} variables.`
        : `Known names: ${[...names].join(', ')}.`;
  const message = `Node ${nodeName(node.source)}: ${field} selects "${selectorText(selector)}", which does not exist. ${hint}`;
  findings.error('selector_unknown_variable', fieldOf(node, field), message, node.source.id);
}

function checkSelector(
  node: CheckedNode,
  { selector, field }: Reference,
  target: CheckedNode | undefined,
  isUpstream: IsUpstream | undefined,
  findings: Findings,
): void {
  const subject = `Node ${nodeName(node.source)}: ${field} selects "${selectorText(selector)}"`;
  const at = fieldOf(node, field);
  if (target === undefined) {
    findings.error('selector_unknown_node', at, `${subject}, but no node has the id "${selector[0]}".`, node.source.id);
    return;
  }
  const name = selector[1];
  if (name === undefined || (target.outputs !== undefined && !target.outputs.has(name))) {
    const known = [...(target.outputs ?? [])].join(', ') || 'none';
    const message = `${subject}, but ${nodeName(target.source)} has no such output. Its outputs: ${known}.`;
    findings.error('selector_unknown_output', at, message, node.source.id);
  }
  if (isUpstream !== undefined && !isUpstream(target, node)) {
    const message = `${subject}, but no path leads from ${nodeName(target.source)} to this node. Link them, or select from a node before it.`;
    findings.error('selector_not_upstream', at, message, node.source.id);
  }
}

function fieldOf(node: CheckedNode, field: string): string {
  return fieldWithin(fieldPath('nodes', node.index, 'config'), field);
}
