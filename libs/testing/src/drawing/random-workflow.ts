import type { Json, Plan, WorkflowDocument } from '@treadle/workflow';
import { compiled, documentOf, type NodeInput } from './work-catalog.js';

type Selector = readonly [string, ...string[]];

interface NodeBase {
  readonly id: string;
  readonly incoming: readonly { readonly source: string; readonly handle: string }[];
  readonly onError: 'fail' | 'default-value' | 'fail-branch';
}

/** A node as it was drawn: enough for a plain interpreter, and to write a document from. */
export type Drawn = NodeBase &
  (
    | { readonly kind: 'start' | 'loop-end' | 'wait' }
    | {
        readonly kind: 'work';
        readonly reads: readonly Selector[];
        readonly givesList: boolean;
        readonly attempts: number;
        readonly guarded: boolean;
      }
    | { readonly kind: 'branch'; readonly reads: Selector; readonly expected: string }
    | { readonly kind: 'first'; readonly reads: readonly Selector[] }
    | { readonly kind: 'add'; readonly loop: string }
    | {
        readonly kind: 'iteration';
        readonly list: Selector;
        readonly output: Selector;
        readonly parallel: number;
        readonly mode: 'terminated' | 'continue-on-error' | 'remove-abnormal-output';
        readonly flatten: boolean;
        readonly body: readonly Drawn[];
      }
    | {
        readonly kind: 'loop';
        readonly count: number;
        readonly until: number | Selector;
        readonly body: readonly Drawn[];
      }
  );

type DrawnKind = Drawn['kind'];

/** A whole workflow. `shown` are the values its end gives. */
export interface Drawing {
  readonly nodes: readonly Drawn[];
  readonly shown: readonly Selector[];
  readonly document: WorkflowDocument;
  readonly plan: Plan;
}

export type Random = () => number;

/** Numbers from 0 to 1 that follow from the seed alone (mulberry32). */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

export const letters = ['p', 'q', 'r'] as const;

/** What a failed node gives with the strategy `default-value`. */
export const defaultsOf = (kind: DrawnKind): Record<string, Json> =>
  kind === 'iteration' ? { output: ['d'] } : kind === 'loop' ? { n: 7 } : { value: 'd' };

const outputOf: Partial<Record<DrawnKind, string>> = { work: 'value', first: 'output', iteration: 'output', loop: 'n' };

export const handlesOf = (node: Drawn): readonly string[] => {
  const own = node.kind === 'branch' ? ['true', 'false'] : node.kind === 'loop-end' ? [] : ['source'];
  return node.onError === 'fail-branch' ? [...own, 'fail-branch'] : own;
};

/** Draws a workflow of about `size` nodes a graph, containers nested up to three deep. */
export function drawWorkflow(random: Random, size: number): Drawing {
  const drawer = new Drawer(random);
  const nodes = drawer.graph(size, 0, [], undefined);
  const shown = nodes.flatMap(({ id, kind }): Selector[] => {
    const output = outputOf[kind];
    return output === undefined ? [] : [[id, output]];
  });
  const document = documentFrom(nodes, shown);
  return { nodes, shown, document, plan: compiled(document) };
}

/** The nodes of a drawing, those inside of containers included. */
export function everyNode(nodes: Drawing['nodes']): Drawing['nodes'] {
  return nodes.flatMap((node) => ('body' in node ? [node, ...everyNode(node.body)] : [node]));
}

/** What encloses a graph that is being drawn. */
interface Around {
  readonly id: string;
  readonly kind: 'iteration' | 'loop';
}

class Drawer {
  private count = 0;

  constructor(private readonly random: Random) {}

  graph(size: number, depth: number, outside: readonly Selector[], around: Around | undefined): Drawn[] {
    const nodes: Drawn[] = [{ id: this.name('s'), kind: 'start', incoming: [], onError: 'fail' }];
    const upstream = new Map<string, ReadonlySet<string>>([[nodes[0]!.id, new Set<string>()]]);
    const total = 1 + Math.floor(this.random() * size);
    for (let index = 0; index < total; index++) {
      const incoming = this.incoming(nodes);
      if (incoming.length === 0) continue;
      const before = new Set(incoming.flatMap(({ source }) => [source, ...(upstream.get(source) ?? [])]));
      const visible = [
        ...outside,
        ...nodes.flatMap(({ id, kind }): Selector[] => {
          const output = outputOf[kind];
          return output !== undefined && before.has(id) ? [[id, output]] : [];
        }),
      ];
      const node = this.node(incoming, visible, size, depth, around);
      upstream.set(node.id, before);
      nodes.push(node);
    }
    return nodes;
  }

  private incoming(nodes: readonly Drawn[]): { source: string; handle: string }[] {
    const edges = Array.from({ length: 1 + Math.floor(this.random() * 2.4) }, () => {
      // Mostly from the newest nodes, or every graph would be wide and shallow.
      const back = Math.floor(this.random() ** 2 * nodes.length);
      const source = nodes[nodes.length - 1 - back]!;
      const handle = this.pick(handlesOf(source));
      return handle === undefined ? [] : [{ source: source.id, handle }];
    });
    return edges.flat();
  }

  private node(
    incoming: NodeBase['incoming'],
    visible: readonly Selector[],
    size: number,
    depth: number,
    around: Around | undefined,
  ): Drawn {
    const luck = this.random();
    const onError = this.pick(['fail', 'fail', 'default-value', 'fail-branch'] as const) ?? 'fail';
    const base = { id: this.name('n'), incoming, onError };
    const quiet = { ...base, onError: 'fail' as const };
    const read = this.pick(visible);
    if (luck < 0.12 && read) return { ...base, kind: 'branch', reads: read, expected: this.pick(letters) ?? 'p' };
    if (luck < 0.18 && read) return { ...base, kind: 'first', reads: [read, this.pick(visible) ?? read] };
    if (luck < 0.22) return { ...quiet, kind: 'wait' };
    if (luck < 0.3 && around?.kind === 'loop') return { ...quiet, kind: 'add', loop: around.id };
    if (luck < 0.33 && around?.kind === 'loop') return { ...quiet, kind: 'loop-end' };
    if (luck < 0.55 && depth < 3) return this.container(base, visible, Math.max(2, size - 1), depth);
    return {
      ...base,
      kind: 'work',
      reads: [this.pick(visible), this.pick(visible)].filter((selector) => selector !== undefined),
      givesList: this.random() < 0.4,
      attempts: 1 + Math.floor(this.random() * 3),
      guarded: this.random() < 0.06,
    };
  }

  private container(base: NodeBase, visible: readonly Selector[], size: number, depth: number): Drawn {
    const list = this.pick(visible);
    if (list === undefined || this.random() < 0.4) {
      const body = this.graph(size, depth + 1, visible, { id: base.id, kind: 'loop' });
      const until = this.random() < 0.5 ? this.shownIn(body) : undefined;
      return { ...base, kind: 'loop', count: 1 + Math.floor(this.random() * 3), until: until ?? this.count % 3, body };
    }
    const inside: Selector[] = [[base.id, 'item'], [base.id, 'index'], ...visible];
    const body = this.graph(size, depth + 1, inside, { id: base.id, kind: 'iteration' });
    return {
      ...base,
      kind: 'iteration',
      list,
      output: this.shownIn(body) ?? [base.id, 'item'],
      parallel: this.pick([1, 1, 2, 3, 12]) ?? 1,
      mode: this.pick(['terminated', 'continue-on-error', 'remove-abnormal-output'] as const) ?? 'terminated',
      flatten: this.random() < 0.5,
      body,
    };
  }

  private shownIn(body: readonly Drawn[]): Selector | undefined {
    const node = this.pick(body.filter(({ kind }) => outputOf[kind] !== undefined));
    const output = node && outputOf[node.kind];
    return node && output !== undefined ? [node.id, output] : undefined;
  }

  private pick<Item>(items: readonly Item[]): Item | undefined {
    return items[Math.floor(this.random() * items.length)];
  }

  private name(prefix: string): string {
    this.count += 1;
    return `${prefix}${this.count}`;
  }
}

/** Writes the drawing as a document of real node types. */
function documentFrom(nodes: readonly Drawn[], shown: readonly Selector[]): WorkflowDocument {
  const documented: NodeInput[] = [];
  const edges: string[] = [];
  const write = (graph: readonly Drawn[], parent: Drawn | undefined) => {
    for (const node of graph) {
      documented.push({ ...nodeInput(node, parent), ...(parent ? { parent: parent.id } : {}) });
      edges.push(...node.incoming.map(({ source, handle }) => `${source}:${handle}>${node.id}`));
      if ('body' in node) write(node.body, node);
    }
  };
  write(nodes, undefined);
  const outputs = shown.map((value_selector) => ({
    variable: value_selector.join('_'),
    value_selector: [...value_selector],
  }));
  documented.push({ id: 'end', type: 'end', config: { outputs } });
  const ends = nodes.flatMap((node) => handlesOf(node).map((handle) => `${node.id}:${handle}>end`));
  return documentOf(documented, [...edges, ...ends].join(' '), { limits: { steps: 1_000_000 } });
}

function nodeInput(node: Drawn, parent: Drawn | undefined): NodeInput {
  const { id, onError } = node;
  const on_error: NodeInput['on_error'] =
    onError === 'default-value'
      ? { strategy: onError, outputs: defaultsOf(node.kind) as never }
      : { strategy: onError };
  const [type, config, more = {}] = settingsOf(node, parent);
  return { id, type, config: config as NonNullable<NodeInput['config']>, on_error, ...more };
}

function settingsOf(node: Drawn, parent: Drawn | undefined): [type: string, config: object, more?: Partial<NodeInput>] {
  switch (node.kind) {
    case 'start':
      return [parent ? `${parent.kind}-start` : 'start', {}];
    case 'loop-end':
      return ['loop-end', {}];
    case 'wait':
      return ['wait', { mode: 'duration', duration: 2 }];
    case 'work': {
      const retry = { max_attempts: node.attempts, backoff_seconds: 0 };
      const guard = node.guarded ? { approval: {} } : {};
      return ['work', { reads: node.reads }, { retry, timeout_seconds: 86_400, ...guard }];
    }
    case 'branch': {
      const condition = { variable_selector: node.reads, comparison_operator: 'is', value: node.expected };
      return ['if-else', { cases: [{ case_id: 'true', conditions: [condition] }] }];
    }
    case 'first':
      return ['variable-aggregator', { variables: node.reads }];
    case 'add': {
      const item = { variable_selector: [node.loop, 'n'], operation: '+=', input_type: 'constant', value: 1 };
      return ['assigner', { items: [item] }];
    }
    case 'iteration':
      return [
        'iteration',
        {
          iterator_selector: node.list,
          output_selector: node.output,
          is_parallel: node.parallel > 1,
          parallel_nums: node.parallel,
          error_handle_mode: node.mode,
          flatten_output: node.flatten,
        },
      ];
    case 'loop': {
      const condition =
        typeof node.until === 'number'
          ? { variable_selector: [node.id, 'n'], comparison_operator: '≥', value: String(node.until) }
          : { variable_selector: node.until, comparison_operator: 'is', value: 'p' };
      const variables = [{ label: 'n', var_type: 'number', value: 0 }];
      return ['loop', { loop_count: node.count, break_conditions: [condition], loop_variables: variables }];
    }
  }
}
