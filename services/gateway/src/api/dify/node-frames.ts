import { planNodeAt, type RunState, readFrom, splitKey } from '@treadle/engine';
import type { Failure } from '@treadle/failure';
import { type Json, type JsonObject, type Plan, type PlanNode, selectorText } from '@treadle/workflow';
import { namedUuid } from '../../domain/named-uuid.js';
import { elapsed, seconds } from './run.view.js';

/** Node types that Dify knows by another name. */
const wireTypes: Readonly<Record<string, string>> = {
  schedule: 'trigger-schedule',
  template: 'template-transform',
  'sub-workflow': 'tool',
  webhook: 'trigger-webhook',
};

/** The containers whose rounds Dify shows. */
type Looping = 'iteration' | 'loop';

interface Begun {
  readonly node: PlanNode;
  readonly data: Readonly<Record<string, unknown>>;
  readonly atMs: number;
}

/** How a node ended. */
export interface NodeEnd {
  readonly status: 'succeeded' | 'failed' | 'exception';
  readonly outputs: JsonObject | undefined;
  readonly failure?: Failure;
  readonly startedAt?: number | undefined;
  readonly finishedAt: number;
  readonly tokens: number;
}

/** An event of a node: its name and its `data`. */
export type NodeFrame = readonly [name: string, data: object];

/** Tells of nodes as Dify does, each under an execution of its own. What goes on inside containers that Dify does not have stays out. */
export class NodeFrames {
  private readonly begun = new Map<string, Begun>();
  private count = 0;

  constructor(
    private readonly runId: string,
    private readonly plan: Plan | undefined,
  ) {}

  get steps(): number {
    return this.count;
  }

  /** The node's beginning, once. @param state as it is before */
  begin(key: string, atMs: number, state: RunState): NodeFrame[] {
    const node = this.plan && planNodeAt(this.plan, key);
    if (!node || this.begun.has(key) || !this.isShown(key)) return [];
    const looping = loopingOf(node);
    const inputs = this.inputsOf(node, key, state);
    const facts = { ...this.facts(key, node), inputs, inputs_truncated: false, created_at: seconds(atMs), extras: {} };
    this.count += 1;
    const data = looping
      ? { ...facts, metadata: {} }
      : { ...facts, index: this.count, predecessor_node_id: predecessor(node, key, state), ...this.place(key) };
    this.begun.set(key, { node, data, atMs });
    return [[looping ? `${looping}_started` : 'node_started', data]];
  }

  /** Its end, with the beginning where that was not told yet. */
  end(key: string, end: NodeEnd, state: RunState): NodeFrame[] {
    const before = this.begin(key, end.startedAt ?? end.finishedAt, state);
    const begun = this.begun.get(key);
    if (!begun) return before;
    this.begun.delete(key);
    const data = ended(begun, end);
    const looping = loopingOf(begun.node);
    if (!looping) return [...before, ['node_finished', data]];
    const steps = state.frames && roundsOf(state, key);
    return [...before, [`${looping}_completed`, { ...data, steps, total_tokens: end.tokens }]];
  }

  /** Another attempt is to come. */
  retry(key: string, retryIndex: number, end: NodeEnd, state: RunState): NodeFrame[] {
    const before = this.begin(key, end.finishedAt, state);
    const begun = this.begun.get(key);
    return begun ? [...before, ['node_retry', { ...ended(begun, end), retry_index: retryIndex }]] : before;
  }

  /** A round of an iteration or a loop begins. */
  round(key: string, index: number, atMs: number): NodeFrame[] {
    const node = this.plan && planNodeAt(this.plan, key);
    const looping = node && loopingOf(node);
    if (!node || !looping || !this.isShown(key)) return [];
    return [[`${looping}_next`, { ...this.facts(key, node), index, created_at: seconds(atMs), extras: {} }]];
  }

  /** What a node is, for whoever asks a person about it. */
  named(key: string): { readonly id: string; readonly title: string } {
    return { id: splitKey(key).id, title: (this.plan && planNodeAt(this.plan, key)?.title) ?? '' };
  }

  private facts(key: string, { id, type, title }: PlanNode) {
    return { id: namedUuid('node-run', this.runId, key), node_id: id, node_type: wireTypes[type] ?? type, title };
  }

  private inputsOf(node: PlanNode, key: string, state: RunState): Readonly<Record<string, Json | undefined>> {
    if (!this.plan) return {};
    const read = readFrom(this.plan, state, key);
    return Object.fromEntries(node.reads.map(({ selector }) => [selectorText(selector), read(selector)]));
  }

  /** The container it is inside of. */
  private place(key: string) {
    const container = containerOf(key);
    const node = container !== undefined && this.plan ? planNodeAt(this.plan, container) : undefined;
    return {
      iteration_id: node?.type === 'iteration' ? node.id : null,
      loop_id: node?.type === 'loop' ? node.id : null,
    };
  }

  private isShown(key: string): boolean {
    for (let container = containerOf(key); container !== undefined; container = containerOf(container)) {
      const node = this.plan && planNodeAt(this.plan, container);
      if (!node || !loopingOf(node)) return false;
    }
    return true;
  }
}

function ended({ node, data, atMs }: Begun, { status, outputs, failure, startedAt, finishedAt, tokens }: NodeEnd) {
  return {
    ...data,
    process_data: {},
    process_data_truncated: false,
    // What a start node gives is what it was given.
    outputs: outputs ?? null,
    outputs_truncated: false,
    status,
    error: failure?.message ?? null,
    elapsed_time: elapsed(startedAt ?? atMs, finishedAt),
    execution_metadata: {
      total_tokens: tokens,
      total_price: '0',
      currency: 'USD',
      ...(failure && { error_type: failure.code }),
    },
    finished_at: seconds(finishedAt),
    files: node.type === 'answer' && Array.isArray(outputs?.['files']) ? outputs['files'] : [],
  };
}

function loopingOf({ type }: PlanNode): Looping | undefined {
  return type === 'iteration' || type === 'loop' ? type : undefined;
}

function containerOf(key: string): string | undefined {
  const { scope } = splitKey(key);
  return scope === '' ? undefined : scope.slice(0, scope.lastIndexOf('['));
}

function roundsOf(state: RunState, key: string): number {
  const { scope, id } = splitKey(key);
  return state.frames.get(scope)?.nodes.get(id)?.rounds?.ended ?? 0;
}

/** One of the nodes that led there. */
function predecessor(node: PlanNode, key: string, state: RunState): string | null {
  const frame = state.frames.get(splitKey(key).scope);
  const came = node.incoming.find(({ source }) => frame?.nodes.get(source)?.status === 'completed');
  return came?.source ?? null;
}
