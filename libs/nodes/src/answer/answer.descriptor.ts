import { parseTextTemplate } from '@treadle/workflow';
import { z } from 'zod';
import { defineControlNode } from '../define-node.js';
import { textReferences } from '../fields.js';
import { settleAnswer } from './answer.route.js';

export const answerConfigSchema = z.object({
  /** Text with references like `{{#llm.text#}}`. */
  answer: z.string().default(''),
});

export type AnswerConfig = z.infer<typeof answerConfigSchema>;

export const answer = defineControlNode<AnswerConfig>({
  type: 'answer',
  group: 'output',
  title: 'Answer',
  summary: 'Says a text to the user; text that is still being written is shown as it appears.',
  config: answerConfigSchema,
  reads: (config) => textReferences(config.answer, 'answer'),
  handles: () => ['source'],
  outputs: () => ['answer'],
  textOutline: (config) => ({ segments: parseTextTemplate(config.answer), form: 'template' }),
  settle: settleAnswer,
});
