import { contentOf, type ModelMessage, type ResponseFormat } from '../../domain/message.js';
import type { ModelCall } from '../../domain/provider.js';
import { dataUrl } from '../wire/images.js';
import { pathOf } from '../wire/server-options.js';
import type { OpenAiCompatibleOptions } from './options.js';

type Server = Pick<OpenAiCompatibleOptions, 'baseUrl' | 'apiKey' | 'dialect'>;

export interface ChatRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly warnings: readonly string[];
}

/** Settings that decide how the proxy itself talks to the server, so a workflow cannot set them. */
const reserved = new Set(['messages', 'model', 'n', 'stream', 'stream_options']);

/** How the answer is to come. Some servers refuse to be asked for the usage of a stream. */
export type AnswerKind = 'whole' | 'stream' | 'stream with usage';

const kinds: Readonly<Record<AnswerKind, object>> = {
  whole: { stream: false },
  stream: { stream: true },
  'stream with usage': { stream: true, stream_options: { include_usage: true } },
};

export function toRequest(call: ModelCall, options: Server, kind: AnswerKind): ChatRequest {
  const given = Object.entries(call.parameters).filter(([, value]) => value !== null && value !== undefined);
  const format = call.responseFormat && toFormat(call.responseFormat, options);
  const body = {
    model: call.model,
    messages: [...(format?.told ? [{ role: 'system', content: format.told }] : []), ...call.messages.map(toMessage)],
    ...Object.fromEntries(given.filter(([name]) => !reserved.has(name)).map((entry) => renamed(entry, options))),
    ...toolFields(call),
    ...(format && { response_format: format.field }),
    ...(call.reasoning?.effort && { reasoning_effort: call.reasoning.effort }),
    ...kinds[kind],
  };
  return {
    path: endpoint(options, 'chat/completions', call.model),
    headers: {
      ...headersOf(options),
      accept: kind === 'whole' ? 'application/json' : 'text/event-stream, application/json',
      ...(call.idempotencyKey && { 'idempotency-key': call.idempotencyKey }),
    },
    body: JSON.stringify(body),
    warnings: warningsOf(call, given, format?.told),
  };
}

function warningsOf(call: ModelCall, given: readonly (readonly [string, unknown])[], told: string | undefined) {
  const left = given
    .filter(([name]) => reserved.has(name))
    .map(([name]) => `The setting "${name}" was left out: it is decided by Treadle.`);
  if (told) left.push('The provider cannot promise an answer by schema: the model was told the schema in words.');
  if (call.reasoning?.maxTokens)
    left.push('The provider takes no number of reasoning tokens: that setting was left out.');
  return left;
}

function renamed([name, value]: [string, unknown], { dialect }: Server): [string, unknown] {
  const isLimit = name === 'max_tokens' || name === 'max_completion_tokens';
  return [isLimit && dialect?.maxTokensName ? dialect.maxTokensName : name, value];
}

/** A message as the protocol writes it. */
export function toMessage(message: ModelMessage): object {
  const content = contentOf(message);
  const text = content.every(({ type }) => type === 'text');
  return {
    role: message.role,
    content: text ? content.map((part) => (part.type === 'text' ? part.text : '')).join('') : content.map(toPart),
    ...(message.toolCalls && { tool_calls: message.toolCalls.map(toToolCall) }),
    ...(message.toolCallId && { tool_call_id: message.toolCallId }),
  };
}

function toPart(part: ReturnType<typeof contentOf>[number]): object {
  if (part.type === 'text') return part;
  const { detail } = part.image;
  return { type: 'image_url', image_url: { url: dataUrl(part.image), ...(detail && { detail }) } };
}

function toToolCall({ id, name, argumentsJson }: { id: string; name: string; argumentsJson: string }): object {
  return { id, type: 'function', function: { name, arguments: argumentsJson } };
}

function toolFields({ tools, toolChoice }: ModelCall): object {
  if (!tools) return {};
  const named = toolChoice !== undefined && !['auto', 'none', 'required'].includes(toolChoice);
  return {
    tools: tools.map(({ name, description, parameters, strict }) => ({
      type: 'function',
      function: { name, ...(description && { description }), parameters, ...(strict && { strict }) },
    })),
    ...(toolChoice && { tool_choice: named ? { type: 'function', function: { name: toolChoice } } : toolChoice }),
  };
}

/** `told` is what the model is told where the server cannot hold it to a schema. */
function toFormat(format: ResponseFormat, { dialect }: Server): { readonly field: object; readonly told?: string } {
  if (format.type === 'json_object') return { field: { type: 'json_object' } };
  const { name, schema, strict } = format;
  if (dialect?.structuredOutput === 'json_object') {
    const told = `Answer with one JSON object that keeps to this JSON schema, and nothing else:\n${JSON.stringify(schema)}`;
    return { field: { type: 'json_object' }, told };
  }
  return { field: { type: 'json_schema', json_schema: { name, schema, strict } } };
}

/** The headers of every request with a body. */
export function headersOf(options: Server): Record<string, string> {
  return { ...authorization(options), 'content-type': 'application/json' };
}

export function authorization({ apiKey, dialect }: Pick<Server, 'apiKey' | 'dialect'>): Record<string, string> {
  if (!apiKey) return {};
  return dialect?.keyHeader === 'api-key' ? { 'api-key': apiKey } : { authorization: `Bearer ${apiKey}` };
}

/** The path of an endpoint, for the model that is asked where that is part of it. */
export function endpoint({ baseUrl, dialect }: Server, name: string, model: string): string {
  const path = pathOf(baseUrl, dialect?.endpointOf?.(name, model) ?? name);
  if (!dialect?.query) return path;
  return `${path}${path.includes('?') ? '&' : '?'}${new URLSearchParams(dialect.query).toString()}`;
}
