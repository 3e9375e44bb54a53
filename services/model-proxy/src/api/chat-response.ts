import type { ChatResponse, Usage } from '@treadle/contracts';
import type { TokenCounts } from '../domain/provider.js';
import type { ChatPart, ServedBy } from '../domain/question.js';

export function toChatResponse(part: ChatPart): ChatResponse {
  switch (part.type) {
    case 'text':
    case 'reasoning':
      return { part: { $case: part.type, value: part.text } };
    case 'toolCall': {
      const { index, id, name, argumentsJson } = part;
      return { part: { $case: 'toolCall', value: { index, id, name, argumentsJson } } };
    }
    case 'finished': {
      const { finishReason, warnings } = part;
      return { part: { $case: 'finished', value: { finishReason, usage: toUsage(part), warnings: [...warnings] } } };
    }
  }
}

export function toUsage(answer: TokenCounts & ServedBy): Usage {
  const { inputTokens, outputTokens, cachedInputTokens = 0, reasoningTokens = 0, provider, model, cached } = answer;
  return { inputTokens, outputTokens, provider, model, cachedInputTokens, reasoningTokens, cached };
}
