import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Ancestors, type Graph, reachableFrom, sortTopologically } from './graph.js';

/** Random graphs; with `forward`, edges lead from lower to higher vertices after a shuffle, so that there is no cycle. */
function graphs(forward: boolean): fc.Arbitrary<Graph> {
  return fc.integer({ min: 1, max: 40 }).chain((size) =>
    fc
      .tuple(
        fc.array(fc.tuple(fc.nat(size - 1), fc.nat(size - 1)), { maxLength: size * 3 }),
        fc.shuffledSubarray([...Array(size).keys()], { minLength: size }),
      )
      .map(([pairs, names]) => {
        const outgoing: number[][] = names.map(() => []);
        for (const [a, b] of pairs) {
          if (forward && a === b) continue;
          const [source, target] = forward && a > b ? [b, a] : [a, b];
          outgoing[names[source] ?? 0]?.push(names[target] ?? 0);
        }
        return { outgoing };
      }),
  );
}

/** Plain depth-first search along at least one edge. */
function reaches({ outgoing }: Graph, from: number, to: number, seen = new Set<number>()): boolean {
  return (outgoing[from] ?? []).some((next) => {
    if (next === to) return true;
    if (seen.has(next)) return false;
    seen.add(next);
    return reaches({ outgoing }, next, to, seen);
  });
}

const vertices = ({ outgoing }: Graph) => [...outgoing.keys()];

describe('graph', () => {
  it('finds a cycle exactly when a plain search does, and every cycle it names is one', () => {
    fc.assert(
      fc.property(fc.oneof(graphs(false), graphs(true)), (graph) => {
        const { order, cycles } = sortTopologically(graph);
        expect(cycles.length > 0).toBe(vertices(graph).some((vertex) => reaches(graph, vertex, vertex)));
        expect([...order].sort((a, b) => a - b)).toEqual(vertices(graph));
        for (const cycle of cycles) {
          cycle.forEach((vertex, place) => {
            expect(graph.outgoing[vertex]).toContain(cycle[(place + 1) % cycle.length]);
          });
        }
      }),
    );
  });

  it('orders sources before targets', () => {
    fc.assert(
      fc.property(graphs(true), (graph) => {
        const { order } = sortTopologically(graph);
        const place = new Map(order.map((vertex, index) => [vertex, index]));
        for (const source of vertices(graph)) {
          for (const target of graph.outgoing[source] ?? [])
            expect(place.get(source)!).toBeLessThan(place.get(target)!);
        }
      }),
    );
  });

  it('knows upstream as a plain search does', () => {
    fc.assert(
      fc.property(graphs(true), (graph) => {
        const ancestors = new Ancestors(graph, sortTopologically(graph).order);
        for (const a of vertices(graph)) {
          const reached = reachableFrom(graph, [a]);
          for (const b of vertices(graph)) {
            expect(ancestors.has(b, a)).toBe(reaches(graph, a, b));
            expect(reached[b] === 1).toBe(a === b || reaches(graph, a, b));
          }
        }
      }),
      { numRuns: 50 },
    );
  });
});
