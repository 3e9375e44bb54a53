import { z } from 'zod';
import { optionalText, pageLimit, userField } from './dify.schemas.js';

export const listConversationsSchema = z.object({
  user: userField,
  last_id: optionalText(100).meta({ description: 'The last one of the page before.' }),
  limit: pageLimit(20),
  sort_by: z
    .enum(['created_at', '-created_at', 'updated_at', '-updated_at', ''])
    .nullish()
    .transform((order) => order || ('-updated_at' as const)),
});
export type ListConversationsQuery = z.infer<typeof listConversationsSchema>;

export const renameSchema = z
  .object({ user: userField, name: optionalText(200), auto_generate: z.boolean().nullish() })
  .refine(({ name, auto_generate }) => auto_generate === true || name.trim() !== '', {
    path: ['name'],
    message: 'Arg name must be provided, or auto_generate be true.',
  })
  .meta({ id: 'DifyRenameConversation' });
export type RenameBody = z.infer<typeof renameSchema>;

export const listVariablesSchema = z.object({
  user: userField,
  last_id: optionalText(100),
  limit: pageLimit(20),
  variable_name: optionalText(255),
});
export type ListVariablesQuery = z.infer<typeof listVariablesSchema>;

export const setVariableSchema = z
  .object({ user: userField, value: z.unknown().refine((value) => value !== undefined, 'Arg value must be provided.') })
  .meta({ id: 'DifySetConversationVariable' });
export type SetVariableBody = z.infer<typeof setVariableSchema>;

export const conversationSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    inputs: z.record(z.string(), z.unknown()),
    status: z.literal('normal'),
    introduction: z.string(),
    created_at: z.int(),
    updated_at: z.int(),
  })
  .meta({ id: 'DifyConversation' });

const listFields = { limit: z.int(), has_more: z.boolean() };

export const conversationListSchema = z
  .object({ ...listFields, data: z.array(conversationSchema) })
  .meta({ id: 'DifyConversationList' });

export const variableSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    value_type: z.string(),
    value: z.unknown(),
    description: z.string(),
    created_at: z.int(),
    updated_at: z.int(),
  })
  .meta({ id: 'DifyConversationVariable' });

export const variableListSchema = z
  .object({ ...listFields, data: z.array(variableSchema) })
  .meta({ id: 'DifyConversationVariableList' });
