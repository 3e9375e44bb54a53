import { renderTextTemplate } from '@treadle/workflow';
import type { ChatMessage } from '../capabilities.js';
import type { NodeContext } from '../define-node.js';
import { contextText, turnMessages } from '../model/context-text.js';
import { promptOf } from '../model/prompt-sections.js';
import type { AgentConfig } from './agent.descriptor.js';

/** What the model is told first: its instruction, the earlier turns, and the question. */
export function firstMessages(
  config: AgentConfig,
  { read, history }: Pick<NodeContext, 'read' | 'history'>,
): ChatMessage[] {
  const instruction = renderTextTemplate(config.instruction, read);
  const known = promptOf(['What you may need to know', contextText(config.context ?? [], read)]);
  const system = [instruction, known].filter((text) => text.trim() !== '').join('\n\n');
  const messages: ChatMessage[] = [
    { role: 'system', text: system },
    ...history.flatMap(turnMessages),
    { role: 'user', text: renderTextTemplate(config.query, read) },
  ];
  return messages.filter(({ text }) => text.trim() !== '');
}
