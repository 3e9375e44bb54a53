import { Validator } from '@cfworker/json-schema';
import { FailureError } from '@treadle/failure';
import { isJsonObject, type Json, type JsonObject } from '@treadle/workflow';
import type { ToolFile, ToolOutcome } from '../../domain/toolset-kind.js';
import { textOf } from '../schema/text-of.js';

/**
 * What an MCP tool answered: texts are put together, pictures, sounds and embedded bytes become files, links are told.
 * @throws FailureError `tool_answer_invalid` where the answer has another form than the protocol, or the tool itself, says.
 */
export function readResult(tool: string, result: JsonObject, outputSchema: JsonObject | undefined): ToolOutcome {
  const { content, structuredContent } = result;
  if (!Array.isArray(content) && !isJsonObject(structuredContent)) throw invalid(tool, 'holds neither content nor structured content'); // biome-ignore format: one thought
  const reader = new ContentReader(tool);
  for (const item of Array.isArray(content) ? (content as readonly Json[]) : []) reader.read(item);
  const isError = result.isError === true;
  if (!isError && outputSchema) checkStructured(tool, structuredContent, outputSchema, reader.warnings);
  const text = reader.texts.join('\n') || (isJsonObject(structuredContent) ? JSON.stringify(structuredContent) : '');
  return {
    text,
    ...(isJsonObject(structuredContent) && { json: structuredContent }),
    files: reader.files,
    isError,
    warnings: reader.warnings,
  };
}

class ContentReader {
  readonly texts: string[] = [];
  readonly files: ToolFile[] = [];
  readonly warnings: string[] = [];

  constructor(private readonly tool: string) {}

  read(item: Json): void {
    if (!isJsonObject(item)) throw invalid(this.tool, 'holds a part that is no object');
    if (item.type === 'text' && typeof item.text === 'string') this.texts.push(item.text);
    else if (item.type === 'image' || item.type === 'audio') this.#file(textOf(item.type), item.data, item.mimeType);
    else if (item.type === 'resource' && isJsonObject(item.resource)) this.#resource(item.resource);
    else if (item.type === 'resource_link') this.texts.push(link(item));
    else this.warnings.push(`A part of the kind "${textOf(item.type).slice(0, 60)}" in the answer of "${this.tool}" was not understood and is left out.`); // biome-ignore format: a sentence
  }

  #resource({ uri, text, blob, mimeType }: JsonObject): void {
    if (typeof text === 'string') this.texts.push(`${textOf(uri)}\n${text}`);
    else this.#file(lastPart(textOf(uri)), blob, mimeType);
  }

  #file(name: string, data: Json | undefined, mimeType: Json | undefined): void {
    if (typeof data !== 'string' || !/^[A-Za-z0-9+/_\s-]*={0,2}\s*$/.test(data))
      throw invalid(this.tool, 'holds a file that is not base64');
    const mediaType = /^[\w.+-]+\/[\w.+-]+$/.test(textOf(mimeType)) ? textOf(mimeType) : 'application/octet-stream';
    const full = name.includes('.') ? name : `${name || 'file'}-${this.files.length + 1}.${ending(mediaType)}`;
    this.files.push({ name: full, mediaType, data: Buffer.from(data, 'base64') });
    this.texts.push(`[file ${full}, ${mediaType}]`);
  }
}

const ending = (mediaType: string) => {
  const subtype = (mediaType.split('/')[1] ?? '').split('+')[0] ?? '';
  const known: Record<string, string> = { mpeg: 'mp3', 'octet-stream': 'bin', plain: 'txt', 'x-wav': 'wav' };
  return known[subtype] ?? subtype;
};

const link = ({ name, uri, mimeType, description }: JsonObject) =>
  [`[${textOf(name) || 'link'}](${textOf(uri)})`, textOf(mimeType), textOf(description)]
    .filter((part) => part !== '')
    .join(' ');

function lastPart(uri: string): string {
  const part = uri.split(/[?#]/)[0]?.split(/[/\\]/).at(-1) ?? '';
  return part
    .replaceAll(/[^\p{L}\p{N}._ -]+/gu, '_')
    .replace(/^\.+/, '')
    .slice(0, 100);
}

function checkStructured(tool: string, value: Json | undefined, schema: JsonObject, warnings: string[]): void {
  if (value === undefined) {
    warnings.push(`"${tool}" promises a structured answer and gave none.`);
    return;
  }
  const { valid, errors } = new Validator(schema, '2020-12').validate(value);
  if (!valid) throw invalid(tool, `does not keep to the form that the tool itself promises (${(errors.at(-1)?.error ?? '').slice(0, 300)})`); // biome-ignore format: one thought
}

const invalid = (tool: string, problem: string) =>
  FailureError.of('tool_answer_invalid', `The answer of "${tool}" ${problem}. The server's operator has to mend it.`);
