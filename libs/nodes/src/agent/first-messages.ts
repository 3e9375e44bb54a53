import { isJsonObject, type Json, type Read, renderTextTemplate, valueAsText } from '@treadle/workflow';
import type { ChatMessage } from '../capabilities.js';
import type { NodeContext } from '../define-node.js';
import { isChosen } from '../fields.js';
import { promptOf } from '../model/prompt-sections.js';
import type { AgentConfig } from './agent.descriptor.js';

/** What the model is told first: its instruction, the earlier turns, and the question. */
export function firstMessages(
  config: AgentConfig,
  { read, history }: Pick<NodeContext, 'read' | 'history'>,
): ChatMessage[] {
  const instruction = renderTextTemplate(config.instruction, read);
  const context = promptOf(['What you may need to know', contextText(config, read)]);
  const system = [instruction, context].filter((text) => text.trim() !== '').join('\n\n');
  const messages: ChatMessage[] = [
    { role: 'system', text: system },
    ...history.flatMap(({ query, answer }): ChatMessage[] => [
      { role: 'user', text: query },
      { role: 'assistant', text: answer },
    ]),
    { role: 'user', text: renderTextTemplate(config.query, read) },
  ];
  return messages.filter(({ text }) => text.trim() !== '');
}

/** A text as it is; of a list, such as what a search found, the contents one below the other. */
function contextText({ context }: AgentConfig, read: Read): string {
  const value = context != null && isChosen(context) ? (read(context) ?? null) : null;
  if (!Array.isArray(value)) return valueAsText(value);
  return (value as readonly Json[]).map(contentOf).join('\n');
}

function contentOf(item: Json): string {
  return isJsonObject(item) && typeof item.content === 'string' ? item.content : valueAsText(item);
}
