import type { CheckedNode } from './check-nodes.js';
import type { Reference } from './descriptor.js';
import type { WorkflowDocument } from './document.js';
import { fieldPath, fieldWithin } from './field-path.js';
import { type Findings, nodeName } from './findings.js';
import { isReservedScope, selectorText, sysNames } from './selector.js';

/** Whether the first node has finished (or been skipped) before the second one begins. */
export type IsUpstream = (ancestor: CheckedNode, node: CheckedNode) => boolean;

/** What references are checked against. */
interface Surroundings {
  readonly nodes: ReadonlyMap<string, CheckedNode>;
  readonly scopes: ReadonlyMap<string, ReadonlySet<string>>;
  readonly isUpstream: IsUpstream | undefined;
  readonly findings: Findings;
}

/** Checks that everything a node selects or writes may be there when it runs. Without `isUpstream` the order is not judged. */
export function checkReferences(
  document: WorkflowDocument,
  nodes: ReadonlyMap<string, CheckedNode>,
  isUpstream: IsUpstream | undefined,
  findings: Findings,
): void {
  const around = { nodes, scopes: scopeNames(document), isUpstream, findings };
  // After a round its container sees what a node behind all those inside would see.
  const fromInside = isUpstream && {
    ...around,
    isUpstream: (ancestor: CheckedNode, node: CheckedNode) =>
      ancestor === node || ancestor.source.parent === node.source.id || isUpstream(ancestor, node),
  };
  for (const node of nodes.values()) {
    for (const reference of node.reads) checkRead(node, reference, around);
    for (const reference of node.writes) checkWrite(node, reference, around);
    const { type, config } = node.known ?? {};
    // What a composed body holds is no part of the document.
    if (type?.work !== 'container' || type.composes !== undefined) continue;
    for (const reference of type.readsInside(config)) checkRead(node, reference, fromInside ?? around);
  }
}

function checkRead(node: CheckedNode, reference: Reference, around: Surroundings): void {
  const [scope] = reference.selector;
  if (isReservedScope(scope)) checkScope(node, reference, around);
  else checkSelector(node, reference, around);
}

/** Only variables of the conversation, and those of a container around the node, take new values. */
function checkWrite(
  node: CheckedNode,
  { selector, field }: Reference,
  { nodes, scopes, findings }: Surroundings,
): void {
  const [owner, name = ''] = selector;
  const target = nodes.get(owner);
  const { type, config } = target?.known ?? {};
  const isWritable =
    owner === 'conversation'
      ? scopes.get(owner)?.has(name) === true
      : target !== undefined &&
        isAround(target, node, nodes) &&
        // What is wrong with the container itself is told there.
        (type === undefined || (type.work === 'container' && Object.hasOwn(type.variables?.(config) ?? {}, name)));
  if (isWritable) return;
  const message = `Node ${nodeName(node.source)}: ${field} writes "${selectorText(selector)}", but only variables of the conversation and of a loop around the node can be written.`;
  findings.error('selector_unknown_variable', fieldOf(node, field), message, node.source.id);
}

/** Whether the first node is a container that the second one is inside of, at whatever depth. */
function isAround(container: CheckedNode, node: CheckedNode, nodes: ReadonlyMap<string, CheckedNode>): boolean {
  const seen = new Set<string>();
  for (let at = node.source.parent; at !== undefined && !seen.has(at); at = nodes.get(at)?.source.parent) {
    if (at === container.source.id) return true;
    seen.add(at);
  }
  return false;
}

function scopeNames(document: WorkflowDocument): ReadonlyMap<string, ReadonlySet<string>> {
  return new Map([
    ['sys', new Set<string>(sysNames)],
    ['env', new Set(document.environment.map((variable) => variable.name))],
    ['conversation', new Set(document.conversation.map((variable) => variable.name))],
  ]);
}

function checkScope(node: CheckedNode, { selector, field }: Reference, { scopes, findings }: Surroundings): void {
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
  { nodes, isUpstream, findings }: Surroundings,
): void {
  const target = nodes.get(selector[0]);
  const subject = `Node ${nodeName(node.source)}: ${field} selects "${selectorText(selector)}"`;
  const at = fieldOf(node, field);
  if (target === undefined) {
    findings.error('selector_unknown_node', at, `${subject}, but no node has the id "${selector[0]}".`, node.source.id);
    return;
  }
  const name = selector[1];
  const names = target === node || isAround(target, node, nodes) ? localNames(target) : target.outputs;
  if (name === undefined || (names !== undefined && !names.has(name))) {
    const known = [...(names ?? [])].join(', ') || 'none';
    const message = `${subject}, but ${nodeName(target.source)} has no such output. Its outputs: ${known}.`;
    findings.error('selector_unknown_output', at, message, node.source.id);
  }
  if (isUpstream !== undefined && !isUpstream(target, node)) {
    const message = `${subject}, but no path leads from ${nodeName(target.source)} to this node. Link them, or select from a node before it.`;
    findings.error('selector_not_upstream', at, message, node.source.id);
  }
}

/** What nodes inside a container read under its id; absent when nothing is known of it. */
function localNames({ known }: CheckedNode): ReadonlySet<string> | undefined {
  return known?.type.work === 'container' ? new Set(known.type.locals(known.config)) : undefined;
}

function fieldOf(node: CheckedNode, field: string): string {
  return fieldWithin(fieldPath('nodes', node.index, 'config'), field);
}
