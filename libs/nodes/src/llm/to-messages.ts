import { type Read, renderTextTemplate, valueAsText } from '@treadle/workflow';
import type { ChatMessage, Templates } from '../capabilities.js';
import type { NodeContext } from '../define-node.js';
import { namedValues } from '../fields.js';
import { historyText } from '../memory.js';
import { contextText, turnMessages } from '../model/context-text.js';
import { contextSelector, type LlmConfig, type PromptMessage, type PromptPart } from './llm.descriptor.js';

/**
 * The messages of the prompt, then, where the node has a memory, the earlier turns and the user's own. A prompt of a single text
 * tells the earlier turns in it, where it says `{{#histories#}}`. Messages without words are left out.
 */
export async function toMessages(
  config: LlmConfig,
  { read, history, capabilities }: Pick<NodeContext, 'read' | 'history' | 'capabilities'>,
): Promise<ChatMessage[]> {
  const { prompt_template: prompt } = config;
  const marked = !Array.isArray(prompt) && prompt.edition_type !== 'jinja2' && prompt.text?.includes(historiesMark);
  const parts: readonly PromptMessage[] = Array.isArray(prompt) ? prompt : [{ ...prompt, role: 'user' }];
  const filled = {
    context: contextText(contextSelector(config), read),
    histories: marked ? historyText(config.memory, history) : '',
  };
  const prompts = await Promise.all(
    parts.map(async (part): Promise<ChatMessage> => {
      const isJinja = part.edition_type === 'jinja2';
      const text = isJinja ? await renderJinja(part, config, read, capabilities.templates) : fillIn(part, filled, read);
      return { role: part.role, text };
    }),
  );
  const messages = [
    ...prompts,
    ...(marked ? [] : history.flatMap(turnMessages)),
    { role: 'user' as const, text: queryText(config, read) },
  ];
  return messages.filter((message) => message.text.trim() !== '');
}

const historiesMark = '{{#histories#}}';

interface Filled {
  readonly context: string;
  readonly histories: string;
}

function renderJinja(part: PromptPart, config: LlmConfig, read: Read, templates: Templates): Promise<string> {
  const variables = namedValues(config.prompt_config?.jinja2_variables ?? [], read);
  return templates.render(part.jinja2_text ?? part.text ?? '', variables);
}

function fillIn(part: PromptPart, { context, histories }: Filled, read: Read): string {
  // Split before filling in, so that a value that happens to hold a marker stays as it is.
  const withContext = (text: string) =>
    text
      .split('{{#context#}}')
      .map((piece) => renderTextTemplate(piece, read))
      .join(context);
  return (part.text ?? '').split(historiesMark).map(withContext).join(histories);
}

function queryText({ memory }: LlmConfig, read: Read): string {
  if (!memory) return '';
  if (memory.query_prompt_template) return renderTextTemplate(memory.query_prompt_template, read);
  return valueAsText(read(['sys', 'query']) ?? null);
}
