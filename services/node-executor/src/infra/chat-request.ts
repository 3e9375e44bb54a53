import { ChatRequest, type ContentPart } from '@treadle/contracts';
import type { ChatContent, ChatMessage, ChatQuestion } from '@treadle/nodes';

/** What a node asks, as the model service wants it; who asks is for the caller to add. */
export function toChatRequest(question: ChatQuestion): ChatRequest {
  const { responseFormat, reasoning, cache } = question;
  return ChatRequest.fromPartial({
    model: { provider: question.provider, model: question.model },
    route: question.route ?? '',
    messages: question.messages.map(toMessage),
    parametersJson: JSON.stringify(question.parameters),
    tools: (question.tools ?? []).map(({ name, description, parameters, strict = false }) => ({
      name,
      description,
      parametersJson: JSON.stringify(parameters),
      strict,
    })),
    toolChoice: question.toolChoice ?? '',
    hint: question.hint ?? '',
    ...(responseFormat && { responseFormat: toFormat(responseFormat) }),
    ...(reasoning && { reasoning: { effort: reasoning.effort ?? '', maxTokens: reasoning.maxTokens ?? 0 } }),
    ...(cache && { cache: { enabled: cache.enabled, ttlSeconds: cache.ttlSeconds ?? 0 } }),
  });
}

function toFormat(format: NonNullable<ChatQuestion['responseFormat']>) {
  if (format.type === 'json_object') return { type: format.type };
  const { type, name, schema, strict } = format;
  return { type, name, strict, schemaJson: JSON.stringify(schema) };
}

function toMessage({ role, text, parts, toolCalls, toolCallId }: ChatMessage) {
  return {
    role,
    text,
    parts: (parts ?? []).map((content): ContentPart => ({ part: toPart(content) })),
    toolCalls: (toolCalls ?? []).map((call) => ({ ...call })),
    toolCallId: toolCallId ?? '',
  };
}

function toPart(content: ChatContent): NonNullable<ContentPart['part']> {
  const detail = ('detail' in content && content.detail) || '';
  switch (content.type) {
    case 'text':
      return { $case: 'text', value: content.text };
    case 'image-url':
      return { $case: 'image', value: { source: { $case: 'url', value: content.url }, mediaType: '', detail } };
    case 'image-data': {
      const data = Buffer.from(content.data, 'base64');
      return {
        $case: 'image',
        value: { source: { $case: 'data', value: data }, mediaType: content.mediaType, detail },
      };
    }
  }
}
