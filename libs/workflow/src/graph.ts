/** A directed graph of the vertices 0 … outgoing.length-1. */
export interface Graph {
  readonly outgoing: readonly (readonly number[])[];
}

export interface TopologicalSort {
  /** Every vertex; sources before their targets wherever no cycle forbids it. */
  readonly order: readonly number[];
  /** Cycles that share no vertex, each in the direction of its edges from its lowest vertex; together they touch every knot of the graph. */
  readonly cycles: readonly (readonly number[])[];
}

/** Sorts by Kahn's method, vertices that are ready together by number. Where it is stuck it names a cycle, steps over it and goes on. */
export function sortTopologically(graph: Graph): TopologicalSort {
  const size = graph.outgoing.length;
  const incoming = reversed(graph).outgoing;
  const waitingFor = incoming.map((sources) => sources.length);
  const done = new Uint8Array(size);
  const order: number[] = [];
  const cycles: number[][] = [];
  const finish = (vertex: number) => {
    done[vertex] = 1;
    order.push(vertex);
  };
  const release = (vertex: number) => {
    for (const target of graph.outgoing[vertex] ?? []) {
      waitingFor[target] = (waitingFor[target] ?? 0) - 1;
      if (waitingFor[target] === 0 && done[target] === 0) finish(target);
    }
  };
  for (let vertex = 0; vertex < size; vertex++) if (waitingFor[vertex] === 0) finish(vertex);
  for (let next = 0, probe = 0; order.length < size || next < order.length; ) {
    if (next < order.length) {
      release(order[next++] ?? 0);
      continue;
    }
    while (done[probe] === 1) probe++;
    const cycle = cycleBefore(probe, incoming, done);
    cycles.push(cycle);
    for (const vertex of cycle) finish(vertex);
  }
  return { order, cycles };
}

/** Walks against the edges among unfinished vertices; each has an unfinished source, so the walk must meet itself. */
function cycleBefore(start: number, incoming: readonly (readonly number[])[], done: Uint8Array): number[] {
  const placeOnWalk = new Map<number, number>();
  const walk: number[] = [];
  let vertex = start;
  while (!placeOnWalk.has(vertex)) {
    placeOnWalk.set(vertex, walk.length);
    walk.push(vertex);
    vertex = incoming[vertex]?.find((source) => done[source] === 0) ?? vertex;
  }
  const cycle = walk.slice(placeOnWalk.get(vertex)).reverse();
  const first = cycle.indexOf(Math.min(...cycle));
  return [...cycle.slice(first), ...cycle.slice(0, first)];
}

/** The same vertices with every edge turned round. */
export function reversed(graph: Graph): Graph {
  const outgoing: number[][] = graph.outgoing.map(() => []);
  graph.outgoing.forEach((targets, source) => {
    for (const target of targets) outgoing[target]?.push(source);
  });
  return { outgoing };
}

/** For every vertex whether a path of edges leads to it from one of the starts, those included. */
export function reachableFrom(graph: Graph, starts: readonly number[]): Uint8Array {
  const reached = new Uint8Array(graph.outgoing.length);
  const pending = [...starts];
  for (const start of starts) reached[start] = 1;
  for (let vertex = pending.pop(); vertex !== undefined; vertex = pending.pop()) {
    for (const target of graph.outgoing[vertex] ?? []) {
      if (reached[target] === 1) continue;
      reached[target] = 1;
      pending.push(target);
    }
  }
  return reached;
}

/** Answers whether one vertex lies upstream of another. One bit a pair: 125 kB for the thousand nodes a document may have. */
export class Ancestors {
  private readonly words: number;
  private readonly bits: Uint32Array;

  /** `order` is a topological order of a graph without cycles. */
  constructor(graph: Graph, order: readonly number[]) {
    this.words = Math.ceil(graph.outgoing.length / 32);
    this.bits = new Uint32Array(this.words * graph.outgoing.length);
    for (const source of order) for (const target of graph.outgoing[source] ?? []) this.inherit(target, source);
  }

  /** Whether a path of at least one edge leads from `ancestor` to `vertex`. */
  has(vertex: number, ancestor: number): boolean {
    return ((this.bits[vertex * this.words + (ancestor >>> 5)] ?? 0) & (1 << (ancestor & 31))) !== 0;
  }

  private inherit(target: number, source: number): void {
    const { bits, words } = this;
    for (let word = 0; word < words; word++) {
      bits[target * words + word] = (bits[target * words + word] ?? 0) | (bits[source * words + word] ?? 0);
    }
    const own = target * words + (source >>> 5);
    bits[own] = (bits[own] ?? 0) | (1 << (source & 31));
  }
}
