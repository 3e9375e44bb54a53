import { isJsonObject, type Json, type Plan, type PlanNode } from '@treadle/workflow';
import type { VariablesAssigned } from './event.js';
import type { KeptEvent } from './kept-events.js';
import { keyIn, splitKey } from './key.js';
import { Places } from './place.js';

/** Why what was finished under one plan cannot be gone on from under another. */
export interface PlanDifference {
  /** Key of the node. */
  readonly node: string;
  readonly message: string;
}

/**
 * Compares two plans as far as a run has come (rule 22): a node that was finished, or that holds finished ones, is the same; so
 * are the ways into it and into all that lies before it. Nodes still to come may differ in everything.
 * @param entry the node that the run began at; it is settled anew, so only its type has to be the same
 */
export function planDifferences(
  before: Plan,
  after: Plan,
  kept: readonly KeptEvent[],
  entry = before.entry,
): PlanDifference[] {
  const comparison = new Comparison(before, after);
  comparison.compareEntry(entry, after);
  for (const event of kept) {
    if (event.type === 'variables-assigned') comparison.compareVariables(event, after);
    else if (event.type.startsWith('node-')) comparison.compare(event.key);
  }
  return comparison.differences;
}

class Comparison {
  readonly differences: PlanDifference[] = [];
  private readonly before: Places;
  private readonly after: Places;
  /** A node of a body is compared once, not for each round. */
  private readonly compared = new Set<PlanNode>();
  private readonly waysCompared = new Set<PlanNode>();

  constructor(before: Plan, after: Plan) {
    this.before = new Places(before);
    this.after = new Places(after);
  }

  compare(key: string): void {
    const { was, is } = this.find(key);
    if (!was || this.compared.has(was)) return;
    this.compared.add(was);
    if (!is) return this.differ(key, 'is finished, and the other version has no such node');
    if (is.type !== was.type)
      return this.differ(key, `is finished as ${was.type}, and is ${is.type} in the other version`);
    if (!isSame(JSON.parse(was.configJson) as Json, JSON.parse(is.configJson) as Json))
      return this.differ(key, 'is finished, and its configuration is another one in the other version');
    this.compareWays(key);
  }

  compareEntry(entry: string, { entry: usual, entries = [usual] }: Plan): void {
    const { was, is } = this.find(entry);
    if (!entries.includes(entry) || was?.type !== is?.type)
      this.differ(entry, 'began the run, and the other version cannot begin there');
  }

  compareVariables({ key, owner, values }: VariablesAssigned, after: Plan): void {
    if (owner !== 'conversation') return;
    const gone = Object.keys(values).find((name) => !Object.hasOwn(after.conversation, name));
    if (gone !== undefined)
      this.differ(key, `gave the variable "${gone}" a value, and the other version has no such variable`);
  }

  /** Also of nodes that were skipped: what leads to them decided that the finished ones could begin. */
  private compareWays(finished: string): void {
    const { scope } = splitKey(finished);
    const open = [finished];
    for (let key = open.pop(); key !== undefined; key = open.pop()) {
      const { was, is } = this.find(key);
      if (!was || this.waysCompared.has(was)) continue;
      this.waysCompared.add(was);
      if (!is || waysInto(was) !== waysInto(is)) this.differ(key, 'is reached by other edges in the other version');
      open.push(...was.incoming.map(({ source }) => keyIn(scope, source)));
    }
  }

  private find(key: string): { was: PlanNode | undefined; is: PlanNode | undefined } {
    const { scope, id } = splitKey(key);
    return { was: this.before.find(scope)?.graph.nodes.get(id), is: this.after.find(scope)?.graph.nodes.get(id) };
  }

  private differ(node: string, what: string): void {
    this.differences.push({ node, message: `Node ${node} ${what}.` });
  }
}

function waysInto({ incoming }: PlanNode): string {
  return incoming
    .map(({ source, handle }) => `${source}:${handle}`)
    .sort()
    .join(' ');
}

/** Whether two values are the same as JSON; the order of members does not matter. */
function isSame(one: Json | undefined, other: Json | undefined): boolean {
  if (Array.isArray(one) && Array.isArray(other))
    return one.length === other.length && one.every((item: Json, index) => isSame(item, other[index] as Json));
  if (!isJsonObject(one) || !isJsonObject(other)) return one === other;
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => isSame(one[name], other[name]));
}
