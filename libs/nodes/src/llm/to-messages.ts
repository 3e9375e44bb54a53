import { isJsonObject, type Json, type Read, renderTextTemplate, valueAsText } from '@treadle/workflow';
import type { ChatMessage } from '../capabilities.js';
import { isChosen, namedValues } from '../fields.js';
import { renderJinja } from '../render-jinja.js';
import { contextSelector, type LlmConfig, type PromptMessage, type PromptPart } from './llm.descriptor.js';

/** The messages of the prompt, then the user's turn where the node has a memory. Messages without words are left out. */
export function toMessages(config: LlmConfig, read: Read): ChatMessage[] {
  const prompt: readonly PromptMessage[] = Array.isArray(config.prompt_template)
    ? config.prompt_template
    : [{ ...config.prompt_template, role: 'user' }];
  const context = contextText(config, read);
  const messages = prompt.map(
    (part): ChatMessage => ({ role: part.role, text: renderPart(part, config, context, read) }),
  );
  const query = queryText(config, read);
  return [...messages, { role: 'user' as const, text: query }].filter((message) => message.text.trim() !== '');
}

function renderPart(part: PromptPart, config: LlmConfig, context: string, read: Read): string {
  if (part.edition_type === 'jinja2') {
    return renderJinja(
      part.jinja2_text ?? part.text ?? '',
      namedValues(config.prompt_config?.jinja2_variables ?? [], read),
    );
  }
  // Split before filling in, so that a value that happens to hold the marker stays as it is.
  const text = (part.text ?? '').replaceAll('{{#histories#}}', '');
  return text
    .split('{{#context#}}')
    .map((piece) => renderTextTemplate(piece, read))
    .join(context);
}

function queryText({ memory }: LlmConfig, read: Read): string {
  if (!memory) return '';
  if (memory.query_prompt_template) return renderTextTemplate(memory.query_prompt_template, read);
  return valueAsText(read(['sys', 'query']) ?? null);
}

/** A text as it is; of a list, such as what a search found, the contents one below the other. */
function contextText(config: LlmConfig, read: Read): string {
  const selector = contextSelector(config);
  const value = isChosen(selector) ? (read(selector) ?? null) : null;
  if (!Array.isArray(value)) return valueAsText(value);
  return (value as readonly Json[]).map(contentOf).join('\n');
}

function contentOf(item: Json): string {
  return isJsonObject(item) && typeof item.content === 'string' ? item.content : valueAsText(item);
}
