import { FailureError } from '@treadle/failure';
import { contentOf, type ModelMessage, textOf } from '../../domain/message.js';
import type { ModelCall } from '../../domain/provider.js';
import { parseJson, type WireRequest } from '../wire/connection.js';
import { pathOf } from '../wire/server-options.js';
import { asList, keepSettings } from '../wire/settings.js';
import type { OllamaOptions } from './options.js';

const settings = {
  frequency_penalty: 'frequency_penalty',
  max_completion_tokens: 'num_predict',
  max_tokens: 'num_predict',
  min_p: 'min_p',
  num_ctx: 'num_ctx',
  presence_penalty: 'presence_penalty',
  repeat_penalty: 'repeat_penalty',
  seed: 'seed',
  stop: 'stop',
  temperature: 'temperature',
  top_k: 'top_k',
  top_p: 'top_p',
} as const;

export type OllamaRequest = WireRequest & { readonly warnings: readonly string[] };

/** The request for a call: always streamed. Throws `invalid_argument` for images by address, which Ollama does not fetch. */
export function toRequest(call: ModelCall, options: OllamaOptions): OllamaRequest {
  const { kept, warnings } = keepSettings(call.parameters, settings, options.name);
  const { responseFormat: format, reasoning, tools, toolChoice } = call;
  if (tools && toolChoice && toolChoice !== 'auto' && toolChoice !== 'none')
    warnings.push('Ollama cannot be made to call a tool: the choice was left to the model.');
  const body = {
    model: call.model,
    messages: toMessages(call.messages),
    ...(tools && toolChoice !== 'none' && { tools: tools.map(toTool) }),
    ...(format && { format: format.type === 'json_schema' ? format.schema : 'json' }),
    ...(reasoning && { think: reasoning.effort !== 'none' }),
    ...(Object.keys(kept).length > 0 && {
      options: { ...kept, ...('stop' in kept && { stop: asList(kept['stop']) }) },
    }),
    stream: true,
  };
  return {
    path: pathOf(options.baseUrl, 'api/chat'),
    headers: headersOf(options),
    body: JSON.stringify(body),
    warnings,
  };
}

export function headersOf({ apiKey }: Pick<OllamaOptions, 'apiKey'>): Record<string, string> {
  return { ...(apiKey && { authorization: `Bearer ${apiKey}` }), 'content-type': 'application/json' };
}

function toTool({ name, description, parameters }: NonNullable<ModelCall['tools']>[number]): object {
  return { type: 'function', function: { name, description, parameters } };
}

/** Answers of tools carry the name of the tool, which is found by the id of the call. */
function toMessages(messages: readonly ModelMessage[]): object[] {
  const nameOf = new Map(messages.flatMap(({ toolCalls = [] }) => toolCalls).map(({ id, name }) => [id, name]));
  return messages.map((message) => {
    const { role, toolCalls, toolCallId } = message;
    const images = imagesOf(message);
    const toolName = toolCallId === undefined ? undefined : nameOf.get(toolCallId);
    return {
      role,
      content: textOf(message),
      ...(images.length > 0 && { images }),
      ...(toolName && { tool_name: toolName }),
      ...(toolCalls && {
        tool_calls: toolCalls.map(({ name, argumentsJson }) => ({
          function: { name, arguments: parseJson(argumentsJson || '{}') ?? {} },
        })),
      }),
    };
  });
}

function imagesOf(message: ModelMessage): string[] {
  return contentOf(message).flatMap((part) => {
    if (part.type !== 'image') return [];
    if ('data' in part.image) return [part.image.data];
    const advice = 'Ollama does not fetch images by their address: send the image itself.';
    throw FailureError.of('invalid_argument', advice, { field: 'messages' });
  });
}
