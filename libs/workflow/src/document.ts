import { type FailureCode, failureCodes } from '@treadle/failure';
import { z } from 'zod';

/** Node ids appear in selectors, texts and node keys, so they hold word characters and dashes only. */
const nodeId = z.string().regex(/^[A-Za-z0-9_-]{1,50}$/, 'use 1 to 50 letters, digits, "_" or "-"');

const position = z.object({ x: z.number(), y: z.number() });

/** What to try again, and when. Waits are exponential with full jitter: random between 0 and min(max, backoff × 2^(attempt-1)). */
export const retryPolicySchema = z.strictObject({
  max_attempts: z.int().min(1).max(10).default(1),
  backoff_seconds: z.number().min(0).max(3600).default(1),
  max_backoff_seconds: z.number().min(0).max(86_400).default(60),
  /** Only failures with these codes are tried again, whatever they say themselves. Absent: those that say it may help. */
  codes: z.array(z.enum(Object.keys(failureCodes) as [FailureCode, ...FailureCode[]])).optional(),
});

/** A person must agree before a task node is first tried. */
export const approvalSchema = z.strictObject({
  /** What the person is asked; absent names the node. */
  title: z.string().max(500).optional(),
  /** Counts as a refusal when it has passed; absent waits for ever. */
  timeout_seconds: z.number().positive().optional(),
});

/** What happens when the last attempt has failed: the run fails, the node gives set outputs, or its `fail-branch` is taken. */
export const errorStrategySchema = z.discriminatedUnion('strategy', [
  z.strictObject({ strategy: z.literal('fail') }),
  z.strictObject({ strategy: z.literal('default-value'), outputs: z.record(z.string(), z.json()) }),
  z.strictObject({ strategy: z.literal('fail-branch') }),
]);

export const nodeSchema = z.strictObject({
  id: nodeId,
  type: z.string().min(1).max(64),
  title: z.string().max(200).default(''),
  description: z.string().max(2000).default(''),
  /** The container this node is inside of; absent at the top level. */
  parent: nodeId.optional(),
  config: z.record(z.string(), z.json()).default({}),
  retry: retryPolicySchema.optional(),
  /** The longest one attempt may take, its time in the queue included. */
  timeout_seconds: z.number().positive().max(86_400).optional(),
  on_error: errorStrategySchema.optional(),
  approval: approvalSchema.optional(),
  /** The executor pool that runs it; absent takes the default of its type. */
  pool: z
    .string()
    .regex(/^[a-z0-9-]{1,40}$/)
    .optional(),
  /** Only for the canvas. */
  position: position.optional(),
  size: z.object({ width: z.number(), height: z.number() }).optional(),
});

export const edgeSchema = z.strictObject({
  source: nodeId,
  /** The branch of the source it leaves by: `source` for nodes without branches. */
  source_handle: z.string().min(1).max(100).default('source'),
  target: nodeId,
});

const variableSchema = z.strictObject({
  name: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/),
  type: z.string().default('string'),
  value: z.json().default(null),
  description: z.string().default(''),
});

/** Above this a workflow is refused; the longest one seen in the wild has a tenth of it. */
export const maxNodes = 1000;

const limitsSchema = z.strictObject({
  /** The run fails with `deadline_exceeded` this long after its start, waiting included; absent sets no limit. */
  run_seconds: z
    .number()
    .positive()
    .max(366 * 86_400)
    .optional(),
  /** A conversation is forgotten this long after its last message; absent takes the server's setting. */
  conversation_seconds: z
    .number()
    .positive()
    .max(10 * 366 * 86_400)
    .optional(),
  /** The run fails with `limit_exceeded` after so many: attempts of tasks, settled nodes, waits and opened containers. */
  steps: z.int().min(1).max(1_000_000).default(10_000),
});

/** The document a user edits. Written in JSON or YAML; `format` says which version of this schema it follows. */
export const documentSchema = z
  .strictObject({
    format: z.literal('treadle/v1'),
    name: z.string().min(1).max(200),
    description: z.string().max(5000).default(''),
    /** `workflow`: inputs to outputs, from start to end nodes. `chat`: a user's turn to an answer, from start to answer nodes. */
    kind: z.enum(['workflow', 'chat']).default('workflow'),
    environment: z.array(variableSchema).max(200).default([]),
    conversation: z.array(variableSchema).max(200).default([]),
    nodes: z.array(nodeSchema).min(1).max(maxNodes),
    edges: z
      .array(edgeSchema)
      .max(maxNodes * 10)
      .default([]),
    limits: limitsSchema.prefault({}),
    /** Presentation and features that the engine does not read, kept as they came. */
    extensions: z.record(z.string(), z.json()).default({}),
  })
  .meta({ id: 'WorkflowDocument' });

export type WorkflowDocument = z.infer<typeof documentSchema>;
export type WorkflowDocumentInput = z.input<typeof documentSchema>;
export type DocumentNode = z.infer<typeof nodeSchema>;
export type DocumentEdge = z.infer<typeof edgeSchema>;
export type RetryPolicy = z.infer<typeof retryPolicySchema>;
export type Approval = z.infer<typeof approvalSchema>;
export type ErrorStrategy = z.infer<typeof errorStrategySchema>;
