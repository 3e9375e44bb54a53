import { z } from 'zod';
import { optionalText, runFields } from './dify.schemas.js';

export const chatSchema = z
  .object({
    ...runFields,
    query: z.string({ error: 'Arg query must be provided.' }).min(1, { error: 'Arg query must be provided.' }),
    conversation_id: optionalText(100).meta({ description: 'Without it a new conversation begins.' }),
    workflow_id: optionalText(100).meta({ description: 'Pins a version, by the id that answers have for it.' }),
  })
  .meta({ id: 'DifyChat' });
export type ChatBody = z.infer<typeof chatSchema>;

export const completionSchema = z
  .object({ ...runFields, query: optionalText(1_000_000) })
  .meta({ id: 'DifyCompletion' });
export type CompletionBody = z.infer<typeof completionSchema>;

export const messageAnswerSchema = z
  .object({
    event: z.literal('message'),
    task_id: z.string(),
    id: z.string(),
    message_id: z.string(),
    conversation_id: z.string().optional().meta({ description: 'Of chats.' }),
    mode: z.string(),
    answer: z.string(),
    metadata: z.object({
      usage: z.record(z.string(), z.unknown()),
      retriever_resources: z.array(z.record(z.string(), z.unknown())),
    }),
    created_at: z.int(),
  })
  .meta({ id: 'DifyMessage' });
