import type { HttpAnswer } from '../capabilities.js';
import { extensionOf } from '../files/file.js';

/** Kinds of application data that are text. */
const textTypes =
  /^application\/(?:json|xml|javascript|ecmascript|x-www-form-urlencoded|yaml|x-yaml|toml|graphql|sql|x-ndjson|jsonl)$/;

/** Extensions for files that bring no name. */
const extensions: Readonly<Record<string, string>> = {
  'application/msword': 'doc',
  'application/pdf': 'pdf',
  'application/vnd.ms-excel': 'xls',
  'application/vnd.openxmlformats-officedocument.presentationml.presentation': 'pptx',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
  'application/zip': 'zip',
  'audio/mpeg': 'mp3',
  'audio/wav': 'wav',
  'image/gif': 'gif',
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/svg+xml': 'svg',
  'image/webp': 'webp',
  'video/mp4': 'mp4',
};

/** The name and kind of the file an answer is; `undefined` where it is a text for the body. */
export function fileOfAnswer(
  answer: HttpAnswer,
  url: string,
): { readonly name: string; readonly mediaType: string } | undefined {
  const mediaType = (answer.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  const disposition = answer.headers['content-disposition'] ?? '';
  if (answer.bytes.byteLength === 0) return undefined;
  if (!/^\s*attachment\b/i.test(disposition) && isText(mediaType, answer.bytes)) return undefined;
  return { name: nameOf(disposition, url, mediaType), mediaType: mediaType || 'application/octet-stream' };
}

function isText(mediaType: string, bytes: Uint8Array): boolean {
  if (/^(?:image|audio|video)\//.test(mediaType)) return false;
  if (mediaType.startsWith('text/') || textTypes.test(mediaType) || /\+(?:json|xml|yaml)$/.test(mediaType)) return true;
  return mediaType === '' && !bytes.subarray(0, 1024).includes(0);
}

function nameOf(disposition: string, url: string, mediaType: string): string {
  const encoded = /filename\*\s*=\s*[\w-]+'[^']*'([^;\s]+)/i.exec(disposition)?.[1];
  const plain = /filename\s*=\s*(?:"([^"]*)"|([^;\s]+))/i.exec(disposition);
  const inUrl = /^https?:\/\/[^/?#]+[^?#]*\/([^/?#]+)/i.exec(url)?.[1];
  const said = (encoded && decoded(encoded)) || plain?.[1] || plain?.[2] || (inUrl && decoded(inUrl)) || 'file';
  const name = withoutFolders(said);
  const extension = extensions[mediaType];
  return extensionOf(name) === '' && extension !== undefined ? `${name}.${extension}` : name;
}

/** Names come from anybody: no folders, nothing that cannot be shown, not endless. */
function withoutFolders(name: string): string {
  const last = name.split(/[/\\]/).at(-1) ?? '';
  const shown = last
    .replace(/\p{Cc}/gu, '')
    .trim()
    .slice(-200);
  return /^\.*$/.test(shown) ? 'file' : shown;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
