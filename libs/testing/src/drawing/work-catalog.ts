import { catalog as nodeTypes } from '@treadle/nodes/catalog';
import {
  type Catalog,
  compile,
  documentSchema,
  type Plan,
  type WorkflowDocument,
  type WorkflowDocumentInput,
} from '@treadle/workflow';
import { z } from 'zod';

/** Every node type there is, and `work`: a task that gives what its result says, whose `reads` reach it. */
export const catalog: Catalog = {
  ...nodeTypes,
  work: {
    type: 'work',
    group: 'data',
    title: '',
    summary: '',
    work: 'task',
    pool: 'default',
    timeoutSeconds: 60,
    repeatable: true,
    config: z.object({ reads: z.array(z.tuple([z.string()], z.string())).default([]) }),
    reads: ({ reads }) =>
      reads.map((selector: [string, ...string[]], index: number) => ({ selector, field: `reads[${index}]` })),
    handles: () => ['source'],
    outputs: () => ['value'],
  },
};

export type NodeInput = WorkflowDocumentInput['nodes'][number];
export type Rest = Partial<Pick<WorkflowDocumentInput, 'conversation' | 'limits' | 'environment'>>;

/** Nodes of the given types and settings, `a>b` or `a:branch>b` as edges. A node without a type is `work`. */
export function documentOf(
  nodes: readonly (Partial<NodeInput> & { readonly id: string })[],
  edges: string,
  rest: Rest = {},
): WorkflowDocument {
  return documentSchema.parse({
    format: 'treadle/v1',
    name: 'spec',
    ...rest,
    nodes: nodes.map((node) => ({ type: 'work', ...node })),
    edges: edges.split(' ').flatMap((edge) => {
      const [from = '', target] = edge.split('>');
      const [source = '', source_handle = 'source'] = from.split(':');
      return target === undefined ? [] : [{ source, source_handle, target }];
    }),
  });
}

/** The plan of a document without errors. */
export function compiled(document: WorkflowDocument, workflows: Readonly<Record<string, Plan>> = {}): Plan {
  const { plan, diagnostics } = compile(document, catalog, { workflows: ({ id }) => workflows[id] });
  if (plan === undefined) throw new Error(JSON.stringify(diagnostics, null, 1));
  return plan;
}
