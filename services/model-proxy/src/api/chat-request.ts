import type {
  ChatMessage,
  ChatRequest,
  ContentPart as ContentPartMessage,
  Image,
  ResponseFormat as ResponseFormatMessage,
  ToolDefinition as ToolDefinitionMessage,
} from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import type { ContentPart, ModelImage, ModelMessage, ResponseFormat, ToolDefinition } from '../domain/message.js';
import type { ChatQuestion } from '../domain/question.js';
import { spenderOf, wantedOf } from './asking.js';

const nameShape = /^[\w-]{1,64}$/;
const mediaTypes = ['image/gif', 'image/jpeg', 'image/png', 'image/webp'];

/** What a client asks, checked. Throws `invalid_argument` with the field at fault. */
export function toChatQuestion(request: ChatRequest, signal: AbortSignal | undefined): ChatQuestion {
  const { responseFormat, reasoning, cache } = request;
  const tools = request.tools.map(toTool);
  const format = responseFormat && toFormat(responseFormat);
  checkToolChoice(request.toolChoice, tools);
  return {
    spender: spenderOf(request),
    wanted: wantedOf(request),
    route: request.route,
    hint: request.hint,
    routingKey: request.routingKey,
    messages: request.messages.map(toMessage),
    parameters: parseObject(request.parametersJson || '{}', 'parameters', 'The settings of the model'),
    idempotencyKey: request.idempotencyKey,
    deadlineUnixMs: request.deadlineUnixMs,
    ...(tools.length > 0 && { tools }),
    ...(request.toolChoice && { toolChoice: request.toolChoice }),
    ...(format && { responseFormat: format }),
    ...(reasoning && { reasoning }),
    ...(cache && { cache }),
    ...(request.whole && { whole: true }),
    ...(signal && { signal }),
  };
}

function toTool({ name, description, parametersJson, strict }: ToolDefinitionMessage, index: number): ToolDefinition {
  const field = `tools[${index}]`;
  if (!nameShape.test(name)) throw invalid(`${field}.name`, `The name of a tool is 1 to 64 of a-z, 0-9, _ and -.`);
  const what = `The parameters of the tool "${name}"`;
  const parameters = parseObject(parametersJson || '{"type":"object"}', `${field}.parameters`, what);
  return { name, description, parameters, strict };
}

function checkToolChoice(choice: string, tools: readonly ToolDefinition[]): void {
  if (choice === '' || choice === 'auto' || choice === 'none') return;
  if (choice === 'required' ? tools.length > 0 : tools.some(({ name }) => name === choice)) return;
  throw invalid(
    'tool_choice',
    `The tool choice "${choice}" names no tool of the request. Add the tool or choose auto.`,
  );
}

function toFormat({ type, name, schemaJson, strict }: ResponseFormatMessage): ResponseFormat | undefined {
  if (type === '' || type === 'text') return undefined;
  if (type === 'json_object') return { type };
  if (type !== 'json_schema')
    throw invalid('response_format.type', `"${type}" is no response format: text, json_object or json_schema is.`);
  if (!nameShape.test(name))
    throw invalid('response_format.name', 'The name of a schema is 1 to 64 of a-z, 0-9, _ and -.');
  return { type, name, strict, schema: parseObject(schemaJson, 'response_format.schema', 'The schema of the answer') };
}

function toMessage({ role, text, parts, toolCalls, toolCallId }: ChatMessage, index: number): ModelMessage {
  if (role === 'tool' && toolCallId === '')
    throw invalid(`messages[${index}].tool_call_id`, 'A tool message names the call that it answers.');
  return {
    role,
    text,
    ...(parts.length > 0 && { parts: parts.map((part) => toPart(part, `messages[${index}]`)) }),
    ...(toolCalls.length > 0 && { toolCalls }),
    ...(toolCallId && { toolCallId }),
  };
}

function toPart({ part }: ContentPartMessage, field: string): ContentPart {
  if (part?.$case === 'text') return { type: 'text', text: part.value };
  if (part?.$case === 'image') return { type: 'image', image: toImage(part.value, `${field}.image`) };
  throw invalid(field, 'A part of a message is text or an image.');
}

function toImage({ source, mediaType, detail }: Image, field: string): ModelImage {
  const settings = detail ? { detail } : {};
  if (source?.$case === 'url') {
    if (!/^https?:\/\//.test(source.value) || !URL.canParse(source.value))
      throw invalid(field, 'The address of an image begins with http:// or https://.');
    return { url: source.value, ...settings };
  }
  if (!source?.value.length) throw invalid(field, 'The image is empty.');
  if (!mediaTypes.includes(mediaType))
    throw invalid(field, `Models take ${mediaTypes.join(', ')}, and this image is "${mediaType}".`);
  return { data: Buffer.from(source.value).toString('base64'), mediaType, ...settings };
}

function parseObject(json: string, field: string, what: string): Record<string, unknown> {
  const value = parseJson(json);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(field, `${what} must be a JSON object.`);
  return { ...value };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function invalid(field: string, message: string): FailureError {
  return FailureError.of('invalid_argument', message, { field });
}
