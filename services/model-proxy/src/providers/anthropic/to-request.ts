import { contentOf, type ModelImage, type ModelMessage, type ToolCall, textOf } from '../../domain/message.js';
import type { ModelCall } from '../../domain/provider.js';
import { parseJson, type WireRequest } from '../wire/connection.js';
import { pathOf } from '../wire/server-options.js';
import { asList, keepSettings } from '../wire/settings.js';
import type { AnthropicOptions } from './options.js';

const version = '2023-06-01';
/** The protocol wants a limit; without one of the caller's this is it. */
const defaultMaxTokens = 8_192;
const leastBudget = 1_024;
/** Thinking tokens for an effort, where a model takes a number. */
const budgets: Readonly<Record<string, number>> = { minimal: 1_024, low: 2_048, medium: 8_192, high: 24_576 };

const settings = {
  max_completion_tokens: 'max_tokens',
  max_tokens: 'max_tokens',
  metadata: 'metadata',
  service_tier: 'service_tier',
  stop: 'stop_sequences',
  temperature: 'temperature',
  top_k: 'top_k',
  top_p: 'top_p',
} as const;

export type AnthropicRequest = WireRequest & { readonly warnings: readonly string[] };

/** The request for a call: always streamed. */
export function toRequest(call: ModelCall, options: AnthropicOptions): AnthropicRequest {
  const { kept, warnings } = keepSettings(call.parameters, settings, options.name);
  const maxTokens = Number(kept['max_tokens'] ?? defaultMaxTokens);
  const thinking = toThinking(call, maxTokens, options, warnings);
  const format = call.responseFormat;
  const outputConfig = {
    ...thinking.outputConfig,
    ...(format?.type === 'json_schema' && { format: { type: 'json_schema', schema: format.schema } }),
  };
  const system = systemOf(call, warnings);
  const body = {
    model: call.model,
    ...kept,
    ...('stop_sequences' in kept && { stop_sequences: asList(kept['stop_sequences']) }),
    max_tokens: maxTokens,
    ...(system && { system }),
    messages: toMessages(call.messages),
    ...toolFields(call),
    ...thinking.fields,
    ...(Object.keys(outputConfig).length > 0 && { output_config: outputConfig }),
    stream: true,
  };
  return {
    path: pathOf(options.baseUrl, 'v1/messages'),
    headers: headersOf(options),
    body: JSON.stringify(body),
    warnings,
  };
}

export function headersOf({ apiKey }: Pick<AnthropicOptions, 'apiKey'>): Record<string, string> {
  return { ...(apiKey && { 'x-api-key': apiKey }), 'anthropic-version': version, 'content-type': 'application/json' };
}

function systemOf({ messages, responseFormat }: ModelCall, warnings: string[]): string {
  const texts = messages.filter(({ role }) => isSystem(role)).map(textOf);
  if (responseFormat?.type === 'json_object') {
    texts.push('Answer with one JSON object and nothing else.');
    warnings.push('The provider cannot promise JSON without a schema: the model was told in words.');
  }
  return texts.join('\n\n');
}

interface Thinking {
  readonly fields: object;
  readonly outputConfig: object;
}

/**
 * Thinking counts within the longest answer, which is never raised: it may be what a budget pays for.
 * With tools in the conversation, thinking wants its own earlier blocks back, which nobody keeps.
 */
function toThinking(
  { reasoning, messages }: ModelCall,
  maxTokens: number,
  options: AnthropicOptions,
  warnings: string[],
): Thinking {
  const none = { fields: {}, outputConfig: {} };
  if (!reasoning || reasoning.effort === 'none') return none;
  if (messages.some(({ toolCalls }) => toolCalls?.length)) {
    warnings.push('The model does not think aloud in the middle of calling tools: reasoning was left out.');
    return none;
  }
  const { effort } = reasoning;
  if (options.thinking === 'adaptive' && !reasoning.maxTokens) {
    const known = effort === 'minimal' ? 'low' : effort;
    return { fields: { thinking: { type: 'adaptive' } }, outputConfig: known ? { effort: known } : {} };
  }
  const wanted = reasoning.maxTokens || (budgets[effort] ?? 8_192);
  const budget = Math.min(Math.max(leastBudget, wanted), maxTokens - 1);
  if (budget >= leastBudget)
    return { fields: { thinking: { type: 'enabled', budget_tokens: budget } }, outputConfig: {} };
  warnings.push(`An answer of ${maxTokens} tokens leaves no room for thinking aloud: reasoning was left out.`);
  return none;
}

/** The protocol wants user and assistant to take turns, and the answers of tools in the user's. */
function toMessages(messages: readonly ModelMessage[]): object[] {
  const turns: { role: string; content: object[] }[] = [];
  for (const message of messages) {
    if (isSystem(message.role)) continue;
    const role = message.role === 'assistant' ? 'assistant' : 'user';
    const content = toContent(message);
    if (content.length === 0) continue;
    const last = turns.at(-1);
    if (last?.role === role) last.content.push(...content);
    else turns.push({ role, content });
  }
  return turns;
}

function toContent(message: ModelMessage): object[] {
  const { role, toolCallId, toolCalls = [] } = message;
  const content = contentOf(message).map((part) =>
    part.type === 'text' ? { type: 'text', text: part.text } : { type: 'image', source: toSource(part.image) },
  );
  if (role === 'tool') return [{ type: 'tool_result', tool_use_id: toolCallId, content }];
  return [...content, ...toolCalls.map(toToolUse)];
}

function toToolUse({ id, name, argumentsJson }: ToolCall): object {
  return { type: 'tool_use', id, name, input: parseJson(argumentsJson || '{}') ?? {} };
}

function toSource(image: ModelImage): object {
  if ('url' in image) return { type: 'url', url: image.url };
  return { type: 'base64', media_type: image.mediaType, data: image.data };
}

function toolFields({ tools, toolChoice }: ModelCall): object {
  if (!tools) return {};
  return {
    tools: tools.map(({ name, description, parameters, strict }) => ({
      name,
      ...(description && { description }),
      input_schema: parameters,
      ...(strict && { strict }),
    })),
    ...(toolChoice && { tool_choice: toToolChoice(toolChoice) }),
  };
}

function toToolChoice(choice: string): object {
  if (choice === 'required') return { type: 'any' };
  return choice === 'auto' || choice === 'none' ? { type: choice } : { type: 'tool', name: choice };
}

function isSystem(role: string): boolean {
  return role === 'system' || role === 'developer';
}
