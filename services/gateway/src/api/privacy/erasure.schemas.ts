import { z } from 'zod';

export const startErasureSchema = z
  .strictObject({
    end_user: z.string().min(1).max(1000).meta({ description: 'As the clients of your apps name them in `user`.' }),
    workflow_id: z
      .uuid()
      .optional()
      .meta({ description: 'Only what is of this workflow; uploaded files are of none and stay then.' }),
    dry_run: z.boolean().default(false).meta({ description: 'Only look: the report says what would be erased.' }),
  })
  .meta({ id: 'StartErasure' });
export type StartErasureBody = z.output<typeof startErasureSchema>;

export const listErasuresSchema = z.strictObject({
  cursor: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(100).default(20),
});
export type ListErasuresQuery = z.output<typeof listErasuresSchema>;

const kindCounts = z.record(z.string(), z.int());

export const erasureSchema = z
  .object({
    id: z.string(),
    subject: z.string().meta({ description: 'The same for every erasure of this end user; made from their name.' }),
    end_user: z.string().nullable().meta({ description: 'Null once it is done: the report does not remember them.' }),
    workflow_id: z.string().nullable(),
    dry_run: z.boolean(),
    status: z.enum(['running', 'completed']),
    found: kindCounts.nullable().meta({
      description:
        'What there was, by kind: approvals, called_runs (runs of workflows that theirs called as tools), conversations, end_users, feedback, files, messages, run_entries (of histories), runs, tool_calls, usage_records.',
    }),
    left: kindCounts
      .nullable()
      .meta({ description: 'What there was when it was looked again at the end; null until then.' }),
    cancelled_runs: z.int().meta({ description: 'Runs that were under way, and were cancelled for this.' }),
    not_covered: z.array(z.string()).meta({ description: 'Where something of them may be that this does not reach.' }),
    error: z.string().nullable().meta({ description: 'What it waits for; it is tried again until it is done.' }),
    created_at: z.iso.datetime(),
    finished_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Erasure' });

export const erasurePageSchema = z.object({ items: z.array(erasureSchema), next_cursor: z.string().nullable() });
