import { z } from 'zod';
import { pageSchema } from '../runs/run.schemas.js';
import { publishedWebhookSchema } from '../triggers/trigger.schemas.js';

export const createWorkflowQuery = z.strictObject({
  name: z.string().min(1).max(200).optional().meta({ description: 'Instead of the name in the document.' }),
});

export const listWorkflowsQuery = z.strictObject(pageSchema);
export type ListWorkflowsQuery = z.infer<typeof listWorkflowsQuery>;

export const getWorkflowQuery = z.strictObject({
  version: z.coerce.number().int().min(1).optional().meta({ description: 'Without it the newest.' }),
});

export const publishWorkflowSchema = z
  .strictObject({ version: z.int().min(1).optional().meta({ description: 'Without it the newest.' }) })
  .prefault({})
  .meta({ id: 'PublishWorkflow' });

const warningSchema = z
  .object({ code: z.string(), message: z.string(), node: z.string().optional(), field: z.string().optional() })
  .meta({ id: 'Warning' });

export const storedWorkflowSchema = z
  .object({ id: z.string(), name: z.string(), version: z.int(), warnings: z.array(warningSchema) })
  .meta({ id: 'StoredWorkflow' });

const workflowFields = {
  id: z.string(),
  name: z.string(),
  description: z.string(),
  latest_version: z.int(),
  published_version: z.int().nullable(),
  created_at: z.string(),
  updated_at: z.string(),
};

const workflowSchema = z.object(workflowFields).meta({ id: 'Workflow' });

export const publishedWorkflowSchema = z
  .object({
    ...workflowFields,
    webhooks: z.array(publishedWebhookSchema).meta({ description: 'The webhooks of the published version.' }),
  })
  .meta({ id: 'PublishedWorkflow' });

export const workflowWithDocumentSchema = z
  .object({
    ...workflowFields,
    version: z.int(),
    published: z.boolean(),
    format: z.enum(['treadle', 'dify']).meta({ description: 'What the file was.' }),
    warnings: z.array(warningSchema),
    document: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'WorkflowWithDocument' });

export const workflowPageSchema = z
  .object({ items: z.array(workflowSchema), next_cursor: z.string().nullable() })
  .meta({ id: 'WorkflowPage' });

const versionSchema = z
  .object({ version: z.int(), published: z.boolean(), created_at: z.string() })
  .meta({ id: 'WorkflowVersion' });

export const versionListSchema = z.object({ items: z.array(versionSchema) }).meta({ id: 'VersionList' });
