import { z } from 'zod';

const json = z.unknown().meta({ description: 'Any JSON.' });
export const jsonObject = z.record(z.string(), json);

export const modeSchema = z.enum(['wait', 'stream', 'async']).default('wait').meta({
  description:
    '`wait` answers the run when it has ended, or paused with its `approvals`; `async` answers 202 at once, `stream` answers server-sent events.',
});

export type StartMode = z.infer<typeof modeSchema>;

export const startRunSchema = z
  .strictObject({
    inputs: jsonObject.default({}).meta({ description: "Values of the start node's variables." }),
    query: z.string().default('').meta({ description: 'What the user asked, for chat workflows.' }),
    files: z.array(json).max(50).default([]).meta({
      description:
        'Files that come with the query: `{"file_id"}`, or `{"transfer_method": "remote_url", "url", "type"?}`. Inputs of type file take the same.',
    }),
    user: z.string().max(200).default('').meta({ description: 'Your own name for the end user.' }),
    version: z.int().min(1).max(4_294_967_295).optional().meta({
      description: 'The version to run; without it the published one, or the newest when none is published.',
    }),
    conversation_id: z.string().max(100).default(''),
    mode: modeSchema,
  })
  .prefault({})
  .meta({ id: 'StartRun' });

export type StartRunBody = z.infer<typeof startRunSchema>;

const statuses = ['pending', 'running', 'paused', 'completed', 'failed', 'cancelled'] as const;
const moment = z.iso.datetime({ offset: true });

/** Repeated parameters and commas mean the same. */
const statusList = z
  .union([z.string(), z.array(z.string())])
  .transform((value) => [value].flat().flatMap((part) => part.split(',')))
  .pipe(z.array(z.enum(statuses)));

export const pageSchema = {
  cursor: z.string().max(1000).default('').meta({ description: '`next_cursor` of the page before.' }),
  limit: z.coerce.number().int().min(1).max(100).default(20),
};

export const listRunsSchema = z.strictObject({
  workflow_id: z.string().max(100).default(''),
  origin_run_id: z
    .union([z.uuid(), z.literal('')])
    .default('')
    .meta({ description: 'Only runs that continue this one.' }),
  status: statusList.optional().meta({ description: 'Repeat it or separate by commas.' }),
  created_after: moment.optional().meta({ description: 'From this moment on, as ISO 8601.' }),
  created_before: moment.optional(),
  ...pageSchema,
});

export type ListRunsQuery = z.infer<typeof listRunsSchema>;

export const runEventsSchema = z.strictObject({
  last_event_id: z.string().max(200).optional().meta({
    description: 'Like the header `Last-Event-ID`, for clients that cannot set headers.',
  }),
});

/** An event where it comes as a value and not as a server-sent event. */
export const runEventSchema = z
  .object({
    id: z.string().meta({ description: 'Go on from here by `last_event_id`.' }),
    type: z.string().meta({ description: 'Such as `node-completed` or `text-delta`.' }),
    data: jsonObject,
  })
  .meta({ id: 'RunEvent' });

export const cancelRunSchema = z
  .strictObject({ reason: z.string().max(1000).default('') })
  .prefault({})
  .meta({ id: 'CancelRun' });

const failureSchema = z
  .object({
    code: z.string(),
    message: z.string(),
    retryable: z.boolean(),
    retry_after_seconds: z.number().optional(),
    field: z.string().optional(),
    details: jsonObject.optional(),
  })
  .meta({ id: 'Failure' });

const usageSchema = z.object({ input_tokens: z.int(), output_tokens: z.int() }).meta({ id: 'TokenUsage' });

export const nodeRunSchema = z
  .object({
    key: z.string(),
    node_id: z.string(),
    type: z.string(),
    title: z.string(),
    status: z.enum(['waiting', 'scheduled', 'retrying', 'completed', 'failed', 'skipped']),
    attempt: z.int(),
    started_at: z.string().nullable(),
    finished_at: z.string().nullable(),
    usage: usageSchema,
    warnings: z.array(z.string()),
    handle: z.string().nullable().meta({ description: 'The branch it took; null for the ordinary one.' }),
    inputs: jsonObject.nullable(),
    outputs: jsonObject.nullable(),
    failure: failureSchema.nullable(),
    reused: z.boolean().meta({ description: 'Taken over from the run that this one continues, at no cost.' }),
  })
  .meta({ id: 'NodeRun' });

const openApprovalSchema = z
  .object({
    token: z.string(),
    url: z.string().meta({ description: 'A page for a person to answer on.' }),
    node: z.string().meta({ description: 'Key of the node that asks.' }),
    title: z.string(),
    due_at: z.string().nullable().meta({ description: 'When the run goes on without an answer; null: never.' }),
  })
  .meta({ id: 'OpenApproval' });

export const runSchema = z
  .object({
    id: z.string(),
    workflow_id: z.string(),
    workflow_name: z.string().optional(),
    version: z.int(),
    status: z.enum(statuses),
    conversation_id: z.string().nullable(),
    user: z.string().nullable(),
    created_at: z.string(),
    finished_at: z.string().nullable(),
    usage: usageSchema,
    last_sequence: z.int().meta({ description: 'Number of the newest event.' }),
    inputs: jsonObject,
    outputs: jsonObject.nullable().meta({ description: 'Null until the run has completed.' }),
    failure: failureSchema.nullable(),
    approvals: z.array(openApprovalSchema).optional().meta({
      description: 'What the run waits for people to answer; only while it does, and only when one run is asked for.',
    }),
    origin: z
      .object({ run_id: z.string(), kind: z.enum(['resume', 'rerun']) })
      .nullable()
      .meta({ description: 'The run that this one continues; null where it continues none.' }),
    continuations: z.array(z.string()).optional().meta({
      description: 'Ids of the newest runs that continue this one. Only when one run is asked for.',
    }),
    node_runs: z.array(nodeRunSchema).optional().meta({ description: 'Only when one run is asked for.' }),
  })
  .meta({ id: 'Run' });

export const runPageSchema = z
  .object({ items: z.array(runSchema), next_cursor: z.string().nullable() })
  .meta({ id: 'RunPage' });
