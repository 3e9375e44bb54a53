import { z } from 'zod';
import { pageSchema } from '../runs/run.schemas.js';

export const listConversationsSchema = z.strictObject({
  workflow_id: z.string().max(100).default(''),
  user: z.string().max(200).default('').meta({ description: 'Only those of this end user of yours.' }),
  ...pageSchema,
});
export type ListConversationsQuery = z.infer<typeof listConversationsSchema>;

export const listMessagesSchema = z.strictObject(pageSchema);
export type ListMessagesQuery = z.infer<typeof listMessagesSchema>;

export const renameConversationSchema = z
  .strictObject({ name: z.string().trim().min(1).max(200) })
  .meta({ id: 'RenameConversation' });

const conversationFields = {
  id: z.string(),
  workflow_id: z.string(),
  user: z.string().nullable(),
  name: z.string().meta({ description: 'The beginning of the first query until it is renamed.' }),
  turns: z.int().meta({ description: 'How many turns were begun, those under way included.' }),
  created_at: z.string(),
  active_at: z.string().meta({ description: 'When its newest turn began or ended.' }),
  expires_at: z.string().nullable().meta({ description: 'When it is deleted unless another message comes.' }),
};

export const conversationSchema = z.object(conversationFields).meta({ id: 'Conversation' });

export const conversationWithVariablesSchema = z
  .object({
    ...conversationFields,
    variables: z.record(z.string(), z.unknown()).meta({ description: 'As its turns have left them.' }),
  })
  .meta({ id: 'ConversationWithVariables' });

export const conversationPageSchema = z
  .object({ items: z.array(conversationSchema), next_cursor: z.string().nullable() })
  .meta({ id: 'ConversationPage' });

const messageSchema = z
  .object({
    run_id: z.string(),
    turn: z.int().meta({ description: 'Counts from 1 in the order the turns were begun.' }),
    status: z.enum(['completed', 'failed', 'cancelled']),
    query: z.string(),
    answer: z.string().nullable().meta({ description: 'Null unless completed.' }),
    created_at: z.string(),
  })
  .meta({ id: 'Message' });

export const messagePageSchema = z
  .object({ items: z.array(messageSchema), next_cursor: z.string().nullable() })
  .meta({ id: 'MessagePage' });
