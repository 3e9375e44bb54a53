import { ChatRequest, type ResponseFormat, type ToolDefinition } from '@treadle/contracts';
import { checkJsonSchema } from './check-json-schema.js';
import type { ChatCompletionBody, OpenAiTool } from './openai.schemas.js';
import { toMessages } from './to-messages.js';

/** Who asks, and under which key repeats of the request are known. */
export interface Asker {
  readonly tenantId: string;
  readonly apiKeyId: string;
  readonly idempotencyKey: string;
}

/** The request in the words of the contract. Throws FailureError `invalid_argument` with the field at fault. */
export function toChatRequest(body: ChatCompletionBody, asker: Asker): ChatRequest {
  const { model, messages, tools, tool_choice, response_format, reasoning_effort, ...rest } = body;
  // What a gateway decides, and what OpenAI keeps for itself, does not travel on.
  const { stream, stream_options: _2, n: _3, store: _4, metadata: _5, service_tier: _6, ...parameters } = rest;
  return ChatRequest.fromPartial({
    ...asker,
    model: { provider: '', model },
    messages: toMessages(messages),
    tools: (tools ?? []).map(toTool),
    toolChoice: typeof tool_choice === 'object' ? (tool_choice?.function.name ?? '') : (tool_choice ?? ''),
    parametersJson: JSON.stringify(parameters),
    whole: !stream,
    ...(response_format && { responseFormat: toFormat(response_format) }),
    ...(reasoning_effort && { reasoning: { effort: reasoning_effort, maxTokens: 0 } }),
  });
}

function toTool({ function: { name, description, parameters, strict } }: OpenAiTool, index: number): ToolDefinition {
  if (parameters) checkJsonSchema(parameters, `tools[${index}].function.parameters`);
  const parametersJson = parameters ? JSON.stringify(parameters) : '';
  return { name, description: description ?? '', parametersJson, strict: strict ?? false };
}

function toFormat(format: NonNullable<ChatCompletionBody['response_format']>): ResponseFormat {
  if (format.type !== 'json_schema') return { type: format.type, name: '', schemaJson: '', strict: false };
  const { name, schema, strict } = format.json_schema;
  checkJsonSchema(schema ?? {}, 'response_format.json_schema.schema');
  return { type: 'json_schema', name, schemaJson: JSON.stringify(schema ?? {}), strict: strict ?? false };
}
