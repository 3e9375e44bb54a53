import { type Read, renderTextTemplate, type Settlement } from '@treadle/workflow';
import type { AnswerConfig } from './answer.descriptor.js';

export function settleAnswer(config: AnswerConfig, read: Read): Settlement {
  return { outputs: { answer: renderTextTemplate(config.answer, read) } };
}
