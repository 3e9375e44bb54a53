import type { StreamedAnswer } from '@treadle/guarded-http';
import type { Json } from '@treadle/workflow';
import type { ToolOutcome } from '../../domain/toolset-kind.js';

/**
 * What a server answered, as an outcome: JSON is read, text is text, everything else is a file. Above 399 the tool says it failed.
 * @param hide of a text what nobody may read
 */
export async function readAnswer(answer: StreamedAnswer, hide: (text: string) => string): Promise<ToolOutcome> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer.body) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  const content = readContent(answer, bytes, hide);
  const isError = answer.status >= 400;
  const told = isError || bytes.length === 0 ? `The server answered with status ${answer.status}.` : '';
  return { ...content, text: [told, content.text].filter((text) => text !== '').join('\n'), isError };
}

function readContent(
  answer: StreamedAnswer,
  bytes: Buffer,
  hide: (text: string) => string,
): Omit<ToolOutcome, 'isError'> {
  const [written = '', ...parameters] = (answer.headers['content-type'] ?? '').split(';');
  const mediaType = written.trim().toLowerCase();
  if (bytes.length === 0) return { text: '', files: [], warnings: [] };
  if (isText(mediaType)) return readText(mediaType, hide(decode(bytes, parameters.join(';'))));
  const file = { name: hide(fileName(answer)), mediaType: hide(mediaType) || 'application/octet-stream', data: bytes };
  return { text: `A file: ${file.name} (${file.mediaType}, ${bytes.length} bytes).`, files: [file], warnings: [] };
}

const isText = (mediaType: string) =>
  mediaType === '' || mediaType.startsWith('text/') || /[/+](json|xml|yaml|x-yaml|javascript|graphql|x-ndjson|x-www-form-urlencoded)$/.test(mediaType); // biome-ignore format: one list

function readText(mediaType: string, text: string): Omit<ToolOutcome, 'isError'> {
  const isJson = /[/+]json$/.test(mediaType);
  if (!isJson && mediaType !== '') return { text, files: [], warnings: [] };
  try {
    return { text, json: JSON.parse(text) as Json, files: [], warnings: [] };
  } catch {
    return { text, files: [], warnings: isJson ? ['The server calls its answer JSON, but it is not.'] : [] };
  }
}

function decode(bytes: Buffer, parameters: string): string {
  const charset = /charset="?([^";\s]+)/i.exec(parameters)?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return new TextDecoder().decode(bytes);
  }
}

/** As the server calls it, else the last part of its path; never a path. */
function fileName(answer: StreamedAnswer): string {
  const disposition = answer.headers['content-disposition'] ?? '';
  const said = /filename="([^"]+)"/i.exec(disposition)?.[1] ?? /filename=([^;\s"]+)/i.exec(disposition)?.[1];
  const last = (said ?? answer.url.pathname).split(/[/\\]/).at(-1) ?? '';
  const plain = last
    .replaceAll(/[^\p{L}\p{N}._ -]+/gu, '_')
    .replace(/^\.+/, '')
    .slice(0, 120);
  return plain || 'answer';
}
