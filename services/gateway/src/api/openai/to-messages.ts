import type { ChatMessage, ContentPart } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import type { OpenAiMessage } from './openai.schemas.js';
import { readImage } from './read-image.js';

/**
 * Messages in the words of the contract.
 * @throws FailureError `invalid_argument` also where calls of tools and their replies do not match.
 */
export function toMessages(messages: readonly OpenAiMessage[]): ChatMessage[] {
  checkToolReplies(messages);
  return messages.map((message, index) => ({
    // OpenAI's newer models say developer for what all others call system.
    role: message.role === 'developer' ? 'system' : message.role,
    text: typeof message.content === 'string' ? message.content : '',
    parts: Array.isArray(message.content) ? toParts(message.content, `messages[${index}].content`) : [],
    toolCalls: (message.tool_calls ?? []).map(({ id, function: { name, arguments: argumentsJson } }) => ({
      id,
      name,
      argumentsJson,
    })),
    toolCallId: message.tool_call_id ?? '',
  }));
}

type Parts = Extract<OpenAiMessage['content'], readonly unknown[]>;

function toParts(parts: Parts, field: string): ContentPart[] {
  return parts.map((part, index) =>
    part.type === 'text'
      ? { part: { $case: 'text', value: part.text } }
      : { part: { $case: 'image', value: readImage(part.image_url, `${field}[${index}].image_url.url`) } },
  );
}

/** Every call of a tool is answered by a tool message before anybody else speaks, and nothing else is. */
function checkToolReplies(messages: readonly OpenAiMessage[]): void {
  let open = new Set<string>();
  messages.forEach(({ role, tool_calls, tool_call_id = '' }, index) => {
    const field = `messages[${index}]`;
    if (role === 'tool') {
      if (!open.delete(tool_call_id))
        throw invalid(
          `${field}.tool_call_id`,
          `No call "${tool_call_id.slice(0, 100)}" of a tool waits for this reply.`,
        );
      return;
    }
    if (open.size > 0) throw unanswered(open, field);
    open = new Set(tool_calls?.map(({ id }) => id));
  });
  if (open.size > 0) throw unanswered(open, `messages[${messages.length}]`);
}

function unanswered(open: ReadonlySet<string>, field: string): FailureError {
  const ids = [...open].map((id) => id.slice(0, 100)).join(', ');
  return invalid(
    field,
    `The calls ${ids} of tools were not answered: a tool message with each tool_call_id must follow.`,
  );
}

function invalid(field: string, message: string): FailureError {
  return FailureError.of('invalid_argument', message, { field });
}
