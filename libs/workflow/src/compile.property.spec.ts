import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { compile } from './compile.js';
import type { Catalog, ControlNodeType } from './descriptor.js';
import { documentSchema } from './document.js';
import type { Selector } from './selector.js';

const config = z.object({ reads: z.array(z.tuple([z.string()], z.string())) });
const described: Omit<ControlNodeType<z.infer<typeof config>>, 'type' | 'group'> = {
  title: '',
  summary: '',
  work: 'control',
  config,
  reads: ({ reads }) => reads.map((selector: Selector, index) => ({ selector, field: `reads[${index}]` })),
  handles: () => ['source'],
  outputs: () => ['x'],
  settle: () => ({ outputs: {} }),
};
const catalog: Catalog = {
  end: { ...described, type: 'end', group: 'output' },
  start: { ...described, type: 'start', group: 'entry' },
  step: { ...described, type: 'step', group: 'logic' },
};

type Pair = readonly [number, number];

interface Sample {
  readonly size: number;
  readonly edges: readonly Pair[];
  readonly reads: readonly Pair[];
}

/** Nodes 0 (start) to size-1 (end), random edges, and random selectors from one node to another. */
const samples: fc.Arbitrary<Sample> = fc.integer({ min: 2, max: 15 }).chain((size) => {
  const pair = fc.tuple(fc.nat(size - 1), fc.nat(size - 1));
  // Mostly forward, or nearly every graph would have a cycle.
  const edge = fc
    .tuple(pair, fc.nat(30))
    .map(([[a, b], luck]): Pair => (luck === 0 ? [a, b] : a < b ? [a, b] : [b, a]));
  return fc.record({
    size: fc.constant(size),
    edges: fc.array(
      edge.filter(([a, b]) => a !== b),
      { maxLength: size * 2 },
    ),
    reads: fc.array(pair, { maxLength: size }),
  });
});

function compiled({ size, edges, reads }: Sample) {
  const type = (node: number) => (node === 0 ? 'start' : node === size - 1 ? 'end' : 'step');
  const nodes = Array.from({ length: size }, (_, node) => ({
    id: `n${node}`,
    type: type(node),
    config: { reads: reads.filter(([reader]) => reader === node).map(([, read]) => [`n${read}`, 'x']) },
  }));
  const drawn = edges.map(([source, target]) => ({ source: `n${source}`, target: `n${target}` }));
  return compile(documentSchema.parse({ format: 'treadle/v1', name: 'random', nodes, edges: drawn }), catalog);
}

/** Plain search along at least one edge. */
function leads(edges: readonly Pair[], from: number, to: number, seen = new Set<number>()): boolean {
  return edges.some(([source, target]) => {
    if (source !== from || seen.has(target)) return false;
    seen.add(target);
    return target === to || leads(edges, target, to, seen);
  });
}

describe('compile, against plain searches', () => {
  it('finds a cycle, and selectors that do not look upstream, exactly where they are', () => {
    fc.assert(
      fc.property(samples, (sample) => {
        const { diagnostics } = compiled(sample);
        const nodes = [...Array(sample.size).keys()];
        const isCyclic = nodes.some((node) => leads(sample.edges, node, node));
        expect(diagnostics.some((diagnostic) => diagnostic.code === 'cycle')).toBe(isCyclic);
        if (isCyclic) return;
        const astray = sample.reads.filter(([reader, read]) => !leads(sample.edges, read, reader));
        const found = diagnostics.filter((diagnostic) => diagnostic.code === 'selector_not_upstream');
        expect(found.map((diagnostic) => diagnostic.node).sort()).toEqual(
          astray.map(([reader]) => `n${reader}`).sort(),
        );
      }),
    );
  });

  it('plans what the start reaches, sources before targets', () => {
    fc.assert(
      fc.property(samples, (sample) => {
        const { plan } = compiled({ ...sample, reads: [] });
        if (plan === undefined) return;
        const reached = [...Array(sample.size).keys()].filter((node) => node === 0 || leads(sample.edges, 0, node));
        expect([...plan.nodes.keys()].sort()).toEqual(reached.map((node) => `n${node}`).sort());
        expect([...plan.nodes.values()].map((node) => node.order)).toEqual(
          [...plan.nodes.keys()].map((_, place) => place),
        );
        for (const node of plan.nodes.values()) {
          for (const { source } of node.incoming) expect(plan.nodes.get(source)!.order).toBeLessThan(node.order);
        }
      }),
    );
  });
});
