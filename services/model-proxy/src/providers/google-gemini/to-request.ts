import { contentOf, type ModelImage, type ModelMessage, textOf } from '../../domain/message.js';
import type { ModelCall } from '../../domain/provider.js';
import { parseJson, type WireRequest } from '../wire/connection.js';
import { pathOf } from '../wire/server-options.js';
import { asList, keepSettings } from '../wire/settings.js';
import type { GeminiOptions } from './options.js';

const settings = {
  frequency_penalty: 'frequencyPenalty',
  max_completion_tokens: 'maxOutputTokens',
  max_tokens: 'maxOutputTokens',
  presence_penalty: 'presencePenalty',
  seed: 'seed',
  stop: 'stopSequences',
  temperature: 'temperature',
  top_k: 'topK',
  top_p: 'topP',
} as const;

/** Accepted by Google in place of the signature of a thought that nobody kept. */
const noSignature = 'skip_thought_signature_validator';
const budgets: Readonly<Record<string, number>> = { none: 0, minimal: 512, low: 2_048, medium: 8_192, high: 24_576 };

export type GeminiRequest = WireRequest & { readonly warnings: readonly string[] };

/** The request for a call: always streamed. */
export function toRequest(call: ModelCall, options: GeminiOptions): GeminiRequest {
  const { kept, warnings } = keepSettings(call.parameters, settings, options.name);
  const system = call.messages.filter(isSystem).map(textOf).join('\n\n');
  const generationConfig = {
    ...kept,
    ...('stopSequences' in kept && { stopSequences: asList(kept['stopSequences']) }),
    ...formatFields(call),
    ...thinkingFields(call),
  };
  const body = {
    ...(system && { systemInstruction: { parts: [{ text: system }] } }),
    contents: toContents(call.messages),
    ...toolFields(call),
    ...(Object.keys(generationConfig).length > 0 && { generationConfig }),
  };
  const path = `${pathOf(options.baseUrl, `models/${encodeURIComponent(call.model)}:streamGenerateContent`)}?alt=sse`;
  return { path, headers: headersOf(options), body: JSON.stringify(body), warnings };
}

export function headersOf({ apiKey }: Pick<GeminiOptions, 'apiKey'>): Record<string, string> {
  return { ...(apiKey && { 'x-goog-api-key': apiKey }), 'content-type': 'application/json' };
}

function formatFields({ responseFormat: format }: ModelCall): object {
  if (!format) return {};
  const schema = format.type === 'json_schema' ? { responseJsonSchema: format.schema } : {};
  return { responseMimeType: 'application/json', ...schema };
}

function thinkingFields({ reasoning }: ModelCall): object {
  if (!reasoning) return {};
  const budget = reasoning.maxTokens || budgets[reasoning.effort];
  const includeThoughts = reasoning.effort !== 'none';
  return { thinkingConfig: { includeThoughts, ...(budget !== undefined && { thinkingBudget: budget }) } };
}

/** Answers of tools carry the name of the tool, which is found by the id of the call. */
function toContents(messages: readonly ModelMessage[]): object[] {
  const calls = messages.flatMap(({ toolCalls = [] }) => toolCalls);
  const nameOf = new Map(calls.map(({ id, name }) => [id, name]));
  const contents: { role: string; parts: object[] }[] = [];
  for (const message of messages.filter((each) => !isSystem(each))) {
    const role = message.role === 'assistant' ? 'model' : 'user';
    const parts = message.role === 'tool' ? [toResponse(message, nameOf)] : toParts(message);
    const last = contents.at(-1);
    if (last?.role === role) last.parts.push(...parts);
    else if (parts.length > 0) contents.push({ role, parts });
  }
  return contents;
}

function toResponse(message: ModelMessage, nameOf: ReadonlyMap<string, string>): object {
  const text = textOf(message);
  const parsed = parseJson(text);
  const isObject = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
  const name = nameOf.get(message.toolCallId ?? '') ?? '';
  return { functionResponse: { name, response: isObject ? parsed : { result: text } } };
}

function toParts(message: ModelMessage): object[] {
  const content = contentOf(message).map((part) => (part.type === 'text' ? { text: part.text } : toImage(part.image)));
  const calls = (message.toolCalls ?? []).map(({ name, argumentsJson }) => ({
    functionCall: { name, args: parseJson(argumentsJson || '{}') ?? {} },
    thoughtSignature: noSignature,
  }));
  return [...content, ...calls];
}

function toImage(image: ModelImage): object {
  if ('url' in image) return { fileData: { fileUri: image.url } };
  return { inlineData: { mimeType: image.mediaType, data: image.data } };
}

function toolFields({ tools, toolChoice }: ModelCall): object {
  if (!tools) return {};
  const functionDeclarations = tools.map(({ name, description, parameters }) => ({
    name,
    description,
    parametersJsonSchema: parameters,
  }));
  const config =
    toolChoice && toolChoice !== 'auto' ? { toolConfig: { functionCallingConfig: toMode(toolChoice) } } : {};
  return { tools: [{ functionDeclarations }], ...config };
}

function toMode(choice: string): object {
  if (choice === 'none') return { mode: 'NONE' };
  return choice === 'required' ? { mode: 'ANY' } : { mode: 'ANY', allowedFunctionNames: [choice] };
}

function isSystem({ role }: ModelMessage): boolean {
  return role === 'system' || role === 'developer';
}
