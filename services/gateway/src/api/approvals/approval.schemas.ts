import { z } from 'zod';
import { pageSchema } from '../runs/run.schemas.js';

const json = z.unknown().meta({ description: 'Any JSON.' });
const jsonObject = z.record(z.string(), json);
const statuses = ['pending', 'answered', 'expired', 'withdrawn'] as const;

export const listApprovalsSchema = z.strictObject({
  status: z
    .union([z.string(), z.array(z.string())])
    .transform((value) => [value].flat().flatMap((part) => part.split(',')))
    .pipe(z.array(z.enum(statuses)))
    .optional()
    .meta({ description: 'Repeat it or separate by commas; without it those that are pending.' }),
  run_id: z.string().max(100).default(''),
  workflow_id: z.string().max(100).default(''),
  ...pageSchema,
});

export type ListApprovalsQuery = z.infer<typeof listApprovalsSchema>;

export const answerApprovalSchema = z
  .strictObject({
    action: z.string().min(1).max(100).meta({ description: "Id of one of the form's actions." }),
    values: jsonObject
      .default({})
      .meta({ description: 'Values by field; a field that is left out holds its default.' }),
    by: z.string().max(200).default('').meta({ description: 'Who answers, for the record.' }),
  })
  .meta({ id: 'AnswerApproval' });

export type AnswerApprovalBody = z.infer<typeof answerApprovalSchema>;

const formSchema = z
  .object({
    content: z.string().meta({ description: 'Markdown. `{{#$output.name#}}` stands where a field is to be shown.' }),
    fields: z.array(
      z.object({
        name: z.string(),
        type: z.enum(['paragraph', 'select', 'file', 'file-list']),
        default: json.optional(),
        options: z.array(z.string()).optional(),
      }),
    ),
    actions: z.array(z.object({ id: z.string(), title: z.string(), style: z.string().optional() })),
  })
  .meta({ id: 'Form' });

export const approvalSchema = z
  .object({
    token: z.string().meta({ description: 'Whoever knows it may see and answer this approval, and nothing else.' }),
    url: z.string().meta({ description: 'A page for a person to answer on.' }),
    status: z.enum(statuses).meta({
      description:
        '`expired`: nobody answered in time. `withdrawn`: the run, or the round of a container, ended before.',
    }),
    run_id: z.string(),
    workflow_id: z.string(),
    node: z.string().meta({ description: 'Key of the node that asks.' }),
    title: z.string(),
    form: formSchema,
    created_at: z.string(),
    due_at: z.string().nullable().meta({ description: 'When the run goes on without an answer; null: never.' }),
    answer: z.object({ action: z.string(), values: jsonObject, by: z.string().nullable(), at: z.string() }).nullable(),
  })
  .meta({ id: 'Approval' });

export const approvalPageSchema = z
  .object({ items: z.array(approvalSchema), next_cursor: z.string().nullable() })
  .meta({ id: 'ApprovalPage' });
