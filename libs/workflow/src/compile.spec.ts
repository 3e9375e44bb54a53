import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { compile } from './compile.js';
import type { Catalog } from './descriptor.js';
import type { WorkflowDocumentInput } from './document.js';
import { readDocument } from './read-document.js';
import { selectorsOf } from './text-template.js';

const config = z.object({ text: z.string().default(''), branches: z.array(z.string()).default(['source']) });
type Config = z.infer<typeof config>;

const described = {
  title: '',
  summary: '',
  config,
  reads: ({ text }: Config) => selectorsOf(text).map((selector) => ({ selector, field: 'text' })),
  handles: ({ branches }: Config) => branches,
  outputs: () => ['text'],
};

/** Four kinds of node are enough for the compiler: it knows nothing of any of them but its description. */
const catalog: Catalog = {
  end: { ...described, type: 'end', group: 'output', work: 'control', settle: () => ({ outputs: {} }) },
  open: {
    ...described,
    type: 'open',
    group: 'logic',
    work: 'control',
    outputs: () => 'open',
    settle: () => ({ outputs: {} }),
  },
  start: { ...described, type: 'start', group: 'entry', work: 'control', settle: () => ({ outputs: {} }) },
  work: {
    ...described,
    type: 'work',
    group: 'model',
    work: 'task',
    pool: 'default',
    timeoutSeconds: 30,
    streams: 'text',
  },
  each: {
    ...described,
    type: 'each',
    group: 'logic',
    work: 'control',
    container: true,
    settle: () => ({ outputs: {} }),
  },
};

type NodeInput = Partial<WorkflowDocumentInput['nodes'][number]> & { readonly id: string };

/** A document of the given nodes and edges (`a>b`, or `a:branch>b`). A node's type is its id without digits. */
function compiled(
  nodes: readonly NodeInput[],
  edges: string,
  rest: Partial<WorkflowDocumentInput> & { tolerant?: boolean } = {},
) {
  const { tolerant, ...parts } = rest;
  const reading = readDocument({
    format: 'treadle/v1',
    name: 'test',
    nodes: nodes.map((node) => ({ type: node.id.replace(/\d/g, ''), ...node })),
    edges: edges.split(' ').flatMap((edge) => {
      const [from = '', target] = edge.split('>');
      const [source, source_handle = 'source'] = from.split(':');
      return target === undefined ? [] : [{ source, source_handle, target }];
    }),
    ...parts,
  });
  if (reading.document === undefined) throw new Error(JSON.stringify(reading.diagnostics));
  return compile(reading.document, catalog, { tolerant });
}

const says = (text: string) => ({ config: { text } });
const codes = ({ diagnostics }: ReturnType<typeof compile>) =>
  diagnostics.map((diagnostic) => [diagnostic.code, diagnostic.field]);

describe('compile', () => {
  it('links a workflow and completes its nodes', () => {
    const { plan, diagnostics } = compiled(
      [{ id: 'end', ...says('{{#work.text#}}') }, { id: 'work' }, { id: 'start' }],
      'start>work work>end',
      { environment: [{ name: 'KEY', value: 'x' }] },
    );
    expect(diagnostics).toEqual([]);
    expect([...(plan?.nodes.keys() ?? [])]).toEqual(['start', 'work', 'end']);
    expect(plan).toMatchObject({ entry: 'start', environment: { KEY: 'x' }, kind: 'workflow' });
    expect(plan?.nodes.get('work')).toMatchObject({
      configJson: '{"text":"","branches":["source"]}',
      incoming: [{ source: 'start', handle: 'source', target: 'work' }],
      retry: { max_attempts: 1, backoff_seconds: 1, max_backoff_seconds: 60 },
      onError: { strategy: 'fail' },
      timeoutSeconds: 30,
      pool: 'default',
      order: 1,
      streamsText: true,
    });
  });

  it('streams only text that an output node shows as it is', () => {
    const { plan } = compiled(
      [
        { id: 'start' },
        { id: 'work1' },
        { id: 'work2', ...says('{{#work1.text#}}') },
        { id: 'end', ...says('{{#work2.text#}}') },
      ],
      'start>work1 work1>work2 work2>end',
    );
    expect([...(plan?.nodes.values() ?? [])].filter((node) => node.streamsText).map((node) => node.id)).toEqual([
      'work2',
    ]);
  });

  it('tells all errors at once', () => {
    const result = compiled(
      [
        { id: 'start' },
        { id: 'start' },
        { id: 'start2' },
        { id: 'odd' },
        { id: 'work', config: { text: 5 } },
        { id: 'end', ...says('{{#nobody.text#}}{{#start.nothing#}}{{#env.KEY#}}{{#sys.mood#}}{{#inputs.a#}}') },
      ],
      'start>end end>nowhere ghost>end start:left>work',
    );
    expect(result.plan).toBeUndefined();
    expect(codes(result)).toEqual([
      ['duplicate_node', 'nodes[1].id'],
      ['unknown_node_type', 'nodes[3].type'],
      ['invalid_field', 'nodes[4].config.text'],
      ['missing_target', 'edges[1].target'],
      ['missing_source', 'edges[2].source'],
      ['bad_handle', 'edges[3].source_handle'],
      ['several_entries', 'nodes[2]'],
      ['selector_unknown_node', 'nodes[5].config.text'],
      ['selector_unknown_output', 'nodes[5].config.text'],
      ['selector_unknown_variable', 'nodes[5].config.text'],
      ['selector_unknown_variable', 'nodes[5].config.text'],
      ['selector_unknown_variable', 'nodes[5].config.text'],
    ]);
  });

  it('wants a beginning and an end', () => {
    expect(codes(compiled([{ id: 'work' }], ''))).toEqual([
      ['missing_entry', 'nodes'],
      ['missing_output_node', 'nodes'],
    ]);
  });

  it('keeps the names of scopes free', () => {
    const result = compiled([{ id: 'start' }, { id: 'sys', type: 'work' }, { id: 'end' }], 'start>sys sys>end');
    expect(codes(result)).toEqual([['invalid_field', 'nodes[1].id']]);
  });

  it('names the nodes of a cycle', () => {
    const result = compiled(
      [{ id: 'start' }, { id: 'work1', title: 'One' }, { id: 'work2' }, { id: 'end' }],
      'start>work1 work1>work2 work2>work1 work2>end',
    );
    expect(result.diagnostics).toMatchObject([
      { code: 'cycle', message: expect.stringContaining('"work1" (One) → "work2" → "work1"') },
    ]);
  });

  it('refuses a selector to a node that is not upstream', () => {
    const nodes = [{ id: 'start' }, { id: 'work1' }, { id: 'work2', ...says('{{#work1.text#}}') }, { id: 'end' }];
    const edges = 'start>work1 start>work2 work1>end work2>end';
    expect(compiled(nodes, edges).diagnostics).toMatchObject([
      { code: 'selector_not_upstream', severity: 'error', node: 'work2' },
    ]);
    expect(compiled(nodes, `${edges} work1>work2`).diagnostics).toEqual([]);
  });

  it('lets imported files select what is not there, with a warning', () => {
    const nodes = [{ id: 'start' }, { id: 'end', ...says('{{#gone.text#}}{{#start.gone#}}{{#conversation.gone#}}') }];
    const { plan, diagnostics } = compiled(nodes, 'start>end', { tolerant: true });
    expect(plan).toBeDefined();
    expect(diagnostics.map((diagnostic) => diagnostic.severity)).toEqual(['warning', 'warning', 'warning']);
  });

  it('judges no output of a node that shows its outputs only when it runs', () => {
    const nodes = [{ id: 'start' }, { id: 'open' }, { id: 'end', ...says('{{#open.anything#}}') }];
    expect(compiled(nodes, 'start>open open>end').diagnostics).toEqual([]);
  });

  it('gives a fail-branch and its outputs to nodes that ask for them only', () => {
    const nodes = (on_error?: NodeInput['on_error']) => [
      { id: 'start' },
      { id: 'work', on_error },
      { id: 'end', ...says('{{#work.error_message#}}') },
    ];
    const edges = 'start>work work:fail-branch>end';
    expect(compiled(nodes({ strategy: 'fail-branch' }), edges).diagnostics).toEqual([]);
    expect(codes(compiled(nodes(), edges))).toEqual([
      ['bad_handle', 'edges[1].source_handle'],
      ['selector_unknown_output', 'nodes[2].config.text'],
    ]);
  });

  it('warns of nodes that never run and leaves them out', () => {
    const { plan, diagnostics } = compiled([{ id: 'start' }, { id: 'work' }, { id: 'end' }], 'start>end work>end');
    expect(diagnostics).toMatchObject([{ code: 'unreachable', severity: 'warning', node: 'work' }]);
    expect([...(plan?.nodes.keys() ?? [])]).toEqual(['start', 'end']);
    expect(plan?.nodes.get('end')?.incoming).toHaveLength(1);
  });

  it('takes an edge that is drawn twice once', () => {
    const { plan } = compiled([{ id: 'start' }, { id: 'end' }], 'start>end start>end');
    expect(plan?.nodes.get('end')?.incoming).toHaveLength(1);
  });

  it('keeps nodes inside containers', () => {
    const nodes = [
      { id: 'start' },
      { id: 'each' },
      { id: 'work1', parent: 'each', ...says('{{#each.text#}}{{#start.text#}}') },
      { id: 'work2', parent: 'each', ...says('{{#work1.text#}}') },
      { id: 'end' },
    ];
    const { plan, diagnostics } = compiled(nodes, 'start>each each>end work1>work2');
    expect(diagnostics).toEqual([]);
    expect(plan?.nodes.get('work2')).toMatchObject({ parent: 'each', order: 1 });
    expect(plan?.nodes.get('end')?.order).toBe(2);
  });

  it('refuses edges across the border of a container, and parents that are none', () => {
    const nodes = [
      { id: 'start' },
      { id: 'each' },
      { id: 'work1', parent: 'each' },
      { id: 'work2', parent: 'work1' },
      { id: 'end' },
    ];
    expect(codes(compiled(nodes, 'start>each each>work1 each>end'))).toEqual([
      ['invalid_field', 'nodes[3].parent'],
      ['crosses_container', 'edges[1]'],
    ]);
  });
});
