import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { workflowsCalledBy } from './check-workflows.js';
import { type CompileOptions, compile } from './compile.js';
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
  hook: {
    ...described,
    type: 'hook',
    group: 'entry',
    trigger: 'webhook',
    work: 'control',
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
    work: 'container',
    locals: () => ['item'],
    variables: () => ({ item: 'string' }),
    readsInside: ({ text }: Config) =>
      selectorsOf(text)
        .filter(([owner]) => owner.startsWith('work'))
        .map((selector) => ({ selector, field: 'text' })),
    reads: ({ text }: Config) =>
      selectorsOf(text)
        .filter(([owner]) => !owner.startsWith('work'))
        .map((selector) => ({ selector, field: 'text' })),
    open: () => ({ rounds: 0, parallel: 1 }),
    endRound: () => ({ output: null }),
    survives: () => false,
    close: () => ({ outputs: {} }),
  },
  call: {
    ...described,
    type: 'call',
    group: 'logic',
    work: 'container',
    locals: () => [],
    readsInside: () => [],
    workflow: ({ text }: Config) => ({ id: text, version: 1 }),
    open: () => ({ rounds: 1, parallel: 1 }),
    endRound: () => ({ output: null }),
    survives: () => false,
    close: () => ({ outputs: {} }),
  },
  inner: {
    ...described,
    type: 'inner',
    group: 'entry',
    within: ['each'],
    work: 'control',
    settle: () => ({ outputs: {} }),
  },
  set: {
    ...described,
    type: 'set',
    group: 'logic',
    work: 'control',
    reads: () => [],
    writes: ({ text }: Config) => selectorsOf(text).map((selector) => ({ selector, field: 'text' })),
    settle: () => ({ outputs: {} }),
  },
};

type NodeInput = Partial<WorkflowDocumentInput['nodes'][number]> & { readonly id: string };

/** A document of the given nodes and edges (`a>b`, or `a:branch>b`). A node's type is its id without digits. */
function compiled(
  nodes: readonly NodeInput[],
  edges: string,
  rest: Partial<WorkflowDocumentInput> & CompileOptions = {},
) {
  const { tolerant, workflows, ...parts } = rest;
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
  return compile(reading.document, catalog, { tolerant, workflows });
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

  it('has one start node and any number of triggers, and reaches what any of them leads to', () => {
    const result = compiled(
      [{ id: 'hook' }, { id: 'start' }, { id: 'hook2' }, { id: 'work' }, { id: 'work2' }, { id: 'end' }],
      'hook>work hook2>end start>end work>end',
    );
    expect(codes(result)).toEqual([['unreachable', 'nodes[4]']]);
    expect(result.plan).toMatchObject({ entry: 'start', entries: ['start', 'hook', 'hook2'] });
    expect(result.plan?.nodes.get('hook')?.trigger).toBe('webhook');
  });

  it('begins at its trigger where there is no start node, and runs inside no other workflow then', () => {
    const { plan } = compiled([{ id: 'hook' }, { id: 'end' }], 'hook>end');
    expect(plan).toMatchObject({ entry: 'hook' });
    expect(plan?.entries).toBeUndefined();
    const calling = compiled([{ id: 'start' }, { id: 'call' }, { id: 'end' }], 'start>call call>end', {
      workflows: () => plan,
    });
    expect(calling.diagnostics).toMatchObject([{ code: 'unknown_workflow', node: 'call' }]);
    expect(calling.diagnostics[0]?.message).toContain('has no start node');
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

  it('plans the body of a container as a graph of its own', () => {
    const nodes = [
      { id: 'start' },
      { id: 'each', ...says('{{#start.text#}}{{#work2.text#}}') },
      { id: 'inner', parent: 'each' },
      { id: 'work1', parent: 'each', ...says('{{#each.item#}}{{#start.text#}}') },
      { id: 'work2', parent: 'each', ...says('{{#work1.text#}}') },
      { id: 'each2', parent: 'each' },
      { id: 'work3', parent: 'each2', ...says('{{#work2.text#}}{{#each.item#}}{{#each2.item#}}') },
      { id: 'end', ...says('{{#each.text#}}') },
    ];
    const { plan, diagnostics } = compiled(nodes, 'start>each each>end inner>work1 work1>work2 work2>each2');
    expect(diagnostics).toEqual([]);
    expect([...(plan?.nodes.keys() ?? [])]).toEqual(['start', 'each', 'end']);
    const body = plan?.nodes.get('each')?.body;
    expect(body?.entry).toBe('inner');
    expect([...(body?.nodes.keys() ?? [])]).toEqual(['inner', 'work1', 'work2', 'each2']);
    expect(body?.nodes.get('work2')).toMatchObject({ parent: 'each', order: 2, streamsText: false });
    expect(body?.nodes.get('each2')?.body).toMatchObject({ entry: 'work3' });
  });

  it('sees the locals of a container from inside only, and what is inside from nowhere else', () => {
    const nodes = [
      { id: 'start' },
      { id: 'each' },
      { id: 'work1', parent: 'each', ...says('{{#each.text#}}') },
      { id: 'end', ...says('{{#each.item#}}{{#work1.text#}}') },
    ];
    expect(codes(compiled(nodes, 'start>each each>end'))).toEqual([
      ['selector_unknown_output', 'nodes[2].config.text'],
      ['selector_unknown_output', 'nodes[3].config.text'],
      ['selector_not_upstream', 'nodes[3].config.text'],
    ]);
  });

  it('wants one node that the rounds of a container begin at', () => {
    const nodes = [
      { id: 'start' },
      { id: 'each1' },
      { id: 'each2' },
      { id: 'work1', parent: 'each2' },
      { id: 'work2', parent: 'each2' },
      { id: 'end' },
    ];
    expect(codes(compiled(nodes, 'start>each1 each1>each2 each2>end'))).toEqual([
      ['missing_entry', 'nodes[1]'],
      ['several_entries', 'nodes[2]'],
    ]);
  });

  it('lets nodes stand only where they belong', () => {
    const nodes = [
      { id: 'start' },
      { id: 'inner' },
      { id: 'each' },
      { id: 'start2', parent: 'each' },
      { id: 'end', approval: {} },
    ];
    expect(codes(compiled(nodes, 'start>inner inner>each each>end'))).toEqual([
      ['invalid_field', 'nodes[4].approval'],
      ['invalid_field', 'nodes[1].parent'],
      ['invalid_field', 'nodes[3].parent'],
    ]);
  });

  it('lets nodes write variables of the conversation and of the containers around them', () => {
    const nodes = [
      { id: 'start' },
      { id: 'each' },
      { id: 'set1', parent: 'each', ...says('{{#each.item#}}{{#conversation.mood#}}') },
      { id: 'set2', ...says('{{#each.item#}}{{#conversation.gone#}}{{#start.text#}}{{#sys.query#}}') },
      { id: 'end' },
    ];
    const conversation = [{ name: 'mood' }];
    const wrong = ['selector_unknown_variable', 'nodes[3].config.text'];
    expect(codes(compiled(nodes, 'start>each each>set2 set2>end', { conversation }))).toEqual([
      wrong,
      wrong,
      wrong,
      wrong,
    ]);
  });

  it('takes other workflows as the bodies of nodes', () => {
    const { plan: other } = compiled([{ id: 'start' }, { id: 'end' }], 'start>end');
    const nodes = [{ id: 'start' }, { id: 'call', ...says('other') }, { id: 'end' }];
    const workflows = ({ id, version }: { id: string; version: number }) =>
      id === 'other' && version === 1 ? other : undefined;
    const { plan } = compiled(nodes, 'start>call call>end', { workflows });
    expect(plan?.nodes.get('call')?.body).toBe(other);
    const lost = compiled(nodes, 'start>call call>end', { workflows: () => undefined });
    expect(codes(lost)).toEqual([['unknown_workflow', 'nodes[1].config']]);
    const document = readDocument({ format: 'treadle/v1', name: 'test', nodes: [{ ...nodes[1], type: 'call' }] })
      .document!;
    expect(workflowsCalledBy(document, catalog)).toEqual([{ id: 'other', version: 1 }]);
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
