import { z } from 'zod';
import { runFields } from './dify.schemas.js';

export const runWorkflowSchema = z.object(runFields).meta({ id: 'DifyRunWorkflow' });
export type RunWorkflowBody = z.infer<typeof runWorkflowSchema>;

const jsonObject = z.record(z.string(), z.unknown());

const runDataFields = {
  id: z.string(),
  workflow_id: z.string().meta({ description: 'Names the version.' }),
  status: z.enum(['running', 'succeeded', 'failed', 'stopped', 'partial-succeeded', 'paused']),
  outputs: jsonObject.nullable(),
  error: z.string().nullable(),
  elapsed_time: z.number(),
  total_tokens: z.int(),
  total_steps: z.int(),
  created_at: z.int(),
  finished_at: z.int().nullable(),
};

export const workflowAnswerSchema = z
  .object({
    task_id: z.string(),
    workflow_run_id: z.string(),
    data: z.object({
      ...runDataFields,
      paused_nodes: z.array(z.string()).optional(),
      reasons: z.array(jsonObject).optional(),
    }),
  })
  .meta({ id: 'DifyWorkflowAnswer' });

export const workflowRunSchema = z.object({ ...runDataFields, inputs: jsonObject }).meta({ id: 'DifyWorkflowRun' });
