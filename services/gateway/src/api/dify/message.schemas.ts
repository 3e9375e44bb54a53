import { z } from 'zod';
import { optionalText, pageLimit, userField } from './dify.schemas.js';

export const listMessagesSchema = z.object({
  user: userField,
  conversation_id: z.string({ error: 'Arg conversation_id must be provided.' }).min(1).max(100),
  first_id: optionalText(100).meta({ description: 'The first one of the page before.' }),
  limit: pageLimit(20),
});
export type ListMessagesQuery = z.infer<typeof listMessagesSchema>;

export const feedbackSchema = z
  .object({
    user: userField,
    rating: z
      .enum(['like', 'dislike', ''])
      .nullish()
      .transform((rating) => rating ?? ''),
    content: optionalText(10_000),
  })
  .meta({ id: 'DifyGiveFeedback' });
export type FeedbackBody = z.infer<typeof feedbackSchema>;

export const listFeedbackSchema = z.object({
  page: z.coerce.number().int().min(1).max(100_000).default(1),
  limit: pageLimit(20),
});
export type ListFeedbackQuery = z.infer<typeof listFeedbackSchema>;

const jsonObject = z.record(z.string(), z.unknown());

const messageSchema = z
  .object({
    id: z.string(),
    conversation_id: z.string(),
    parent_message_id: z.string().nullable(),
    inputs: jsonObject,
    query: z.string(),
    answer: z.string(),
    status: z.enum(['normal', 'error']),
    error: z.string().nullable(),
    message_files: z.array(jsonObject),
    feedback: z.object({ rating: z.string() }).nullable(),
    retriever_resources: z.array(jsonObject),
    agent_thoughts: z.array(jsonObject),
    created_at: z.int(),
  })
  .meta({ id: 'DifyListedMessage' });

export const messageListSchema = z
  .object({ limit: z.int(), has_more: z.boolean(), data: z.array(messageSchema) })
  .meta({ id: 'DifyMessageList' });

export const suggestedSchema = z
  .object({ result: z.literal('success'), data: z.array(z.string()) })
  .meta({ id: 'DifySuggestedQuestions' });

export const feedbackListSchema = z.object({ data: z.array(jsonObject) }).meta({ id: 'DifyFeedbackList' });
