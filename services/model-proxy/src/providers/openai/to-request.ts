import { contentOf, type ModelImage, type ModelMessage, type ResponseFormat } from '../../domain/message.js';
import type { ModelCall } from '../../domain/provider.js';
import { type ChatRequest, headersOf } from '../openai-compatible/to-request.js';
import { dataUrl } from '../wire/images.js';
import { pathOf } from '../wire/server-options.js';
import { keepSettings } from '../wire/settings.js';
import type { OpenAiOptions } from './options.js';

/** Settings of chat completions by their names in the responses API. */
const settings = {
  max_completion_tokens: 'max_output_tokens',
  max_tokens: 'max_output_tokens',
  metadata: 'metadata',
  parallel_tool_calls: 'parallel_tool_calls',
  prompt_cache_key: 'prompt_cache_key',
  safety_identifier: 'safety_identifier',
  service_tier: 'service_tier',
  temperature: 'temperature',
  top_logprobs: 'top_logprobs',
  top_p: 'top_p',
  truncation: 'truncation',
  user: 'user',
  verbosity: 'verbosity',
} as const;

/** The request for a call to the responses API: streamed, and not stored at OpenAI. */
export function toResponsesRequest(
  call: ModelCall,
  options: Pick<OpenAiOptions, 'baseUrl' | 'apiKey' | 'name'>,
): ChatRequest {
  const { kept, warnings } = keepSettings(call.parameters, settings, options.name);
  const { verbosity, ...given } = kept;
  const format = call.responseFormat && toFormat(call.responseFormat);
  const body = {
    model: call.model,
    input: call.messages.flatMap(toItems),
    ...given,
    ...toolFields(call),
    ...((format || verbosity !== undefined) && {
      text: { ...(format && { format }), ...(verbosity !== undefined && { verbosity }) },
    }),
    ...(call.reasoning && { reasoning: toReasoning(call.reasoning.effort) }),
    store: false,
    stream: true,
  };
  if (call.reasoning?.maxTokens)
    warnings.push('The provider takes no number of reasoning tokens: that setting was left out.');
  return {
    path: pathOf(options.baseUrl, 'responses'),
    headers: {
      ...headersOf(options),
      accept: 'text/event-stream',
      ...(call.idempotencyKey && { 'idempotency-key': call.idempotencyKey }),
    },
    body: JSON.stringify(body),
    warnings,
  };
}

function toReasoning(effort: string) {
  return { ...(effort && { effort }), ...(effort !== 'none' && { summary: 'auto' }) };
}

function toInputImage(image: ModelImage): object {
  return { type: 'input_image', image_url: dataUrl(image), ...(image.detail && { detail: image.detail }) };
}

function toItems(message: ModelMessage): object[] {
  const { role, toolCallId, toolCalls = [] } = message;
  const content = contentOf(message);
  if (role === 'tool') {
    const output = content.map((part) => (part.type === 'text' ? part.text : '')).join('');
    return [{ type: 'function_call_output', call_id: toolCallId, output }];
  }
  const parts = content.map((part) => {
    if (part.type === 'image') return toInputImage(part.image);
    return { type: role === 'assistant' ? 'output_text' : 'input_text', text: part.text };
  });
  return [
    ...(parts.length > 0 ? [{ role, content: parts }] : []),
    ...toolCalls.map(({ id, name, argumentsJson }) => ({
      type: 'function_call',
      call_id: id,
      name,
      arguments: argumentsJson,
    })),
  ];
}

function toolFields({ tools, toolChoice }: ModelCall): object {
  if (!tools) return {};
  const named = toolChoice !== undefined && !['auto', 'none', 'required'].includes(toolChoice);
  return {
    tools: tools.map(({ name, description, parameters, strict }) => ({
      type: 'function',
      name,
      description,
      parameters,
      strict,
    })),
    ...(toolChoice && { tool_choice: named ? { type: 'function', name: toolChoice } : toolChoice }),
  };
}

function toFormat(format: ResponseFormat): object {
  if (format.type === 'json_object') return { type: 'json_object' };
  const { type, name, schema, strict } = format;
  return { type, name, schema, strict };
}
