import { FailureError } from '@treadle/failure';
import { extensionOf, type FileKind, kindOfExtension } from '@treadle/nodes';
import { fileTypeFromBuffer } from 'file-type';

/** What a file is, found from what it holds. */
export interface ContentType {
  /** Lower case, without the dot; empty where there is none. */
  readonly extension: string;
  readonly mediaType: string;
  readonly kind: FileKind;
}

/** How many of the first bytes tell what a file is. */
export const headBytes = 64 * 1024;

/** Formats that are only told apart deeper inside: what their first bytes may say of the files with these extensions. */
const containers = new Map(
  Object.entries({
    docx: ['zip'],
    xlsx: ['zip'],
    pptx: ['zip'],
    epub: ['zip'],
    doc: ['cfb'],
    xls: ['cfb'],
    ppt: ['cfb'],
    msg: ['cfb'],
  }),
);

const mediaTypes = new Map(
  Object.entries({
    csv: 'text/csv',
    doc: 'application/msword',
    docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    eml: 'message/rfc822',
    epub: 'application/epub+zip',
    htm: 'text/html',
    html: 'text/html',
    json: 'application/json',
    markdown: 'text/markdown',
    md: 'text/markdown',
    mdx: 'text/markdown',
    msg: 'application/vnd.ms-outlook',
    ppt: 'application/vnd.ms-powerpoint',
    pptx: 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
    svg: 'image/svg+xml',
    txt: 'text/plain',
    xls: 'application/vnd.ms-excel',
    xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    xml: 'application/xml',
  }),
);

/**
 * Says what a file is by its first bytes; its name decides only between what those leave open, such as kinds of text.
 * @throws FailureError `unsupported_media_type` where the name claims what the content is not.
 */
export async function contentType(name: string, head: Uint8Array): Promise<ContentType> {
  const extension = extensionOf(name);
  const found = await fileTypeFromBuffer(head);
  if (!found || (found.ext === 'xml' && isText(head))) return textType(name, extension, head);
  if (containers.get(extension)?.includes(found.ext)) return claimed(extension);
  if (isTextExtension(extension)) throw mismatch(name, found.mime);
  const kind = kindOfMediaType(found.mime) ?? kindOfExtension(found.ext);
  const expected = extension === '' ? kind : kindOfExtension(extension);
  if (expected !== 'custom' && !isSame(expected, extension, kind, found.ext)) throw mismatch(name, found.mime);
  return { extension: extension || found.ext, mediaType: found.mime, kind: expected };
}

/** Content that no signature tells is text, or nothing that we know. */
function textType(name: string, extension: string, head: Uint8Array): ContentType {
  const isKnownText = isTextExtension(extension);
  if (!isKnownText && extension !== '' && kindOfExtension(extension) !== 'custom')
    throw mismatch(name, 'something else');
  if (isText(head)) {
    return isKnownText
      ? claimed(extension)
      : { extension, mediaType: 'text/plain', kind: kindOf(extension, 'document') };
  }
  if (isKnownText) throw mismatch(name, 'no text');
  return { extension, mediaType: 'application/octet-stream', kind: 'custom' };
}

function isTextExtension(extension: string): boolean {
  return mediaTypes.has(extension) && !containers.has(extension);
}

/** Files with an extension of no kind are `custom`, those without one are what they look like. */
function kindOf(extension: string, looksLike: FileKind): FileKind {
  return extension === '' ? looksLike : kindOfExtension(extension);
}

function claimed(extension: string): ContentType {
  return {
    extension,
    mediaType: mediaTypes.get(extension) ?? 'application/octet-stream',
    kind: kindOfExtension(extension),
  };
}

/** Sound and film share their formats; documents must be the very format. */
function isSame(expected: FileKind, extension: string, kind: FileKind, foundExtension: string): boolean {
  if (expected === 'document') return extension === '' || foundExtension === extension;
  const heard = expected === 'audio' || expected === 'video';
  return expected === kind || (heard && (kind === 'audio' || kind === 'video'));
}

function kindOfMediaType(mediaType: string): FileKind | undefined {
  const [family] = mediaType.split('/');
  return family === 'image' || family === 'audio' || family === 'video' ? family : undefined;
}

function isText(head: Uint8Array): boolean {
  if (head.includes(0)) return false;
  // The last character may be cut off.
  return !new TextDecoder().decode(head.subarray(0, Math.max(0, head.length - 3))).includes('\uFFFD');
}

function mismatch(name: string, found: string): FailureError {
  return FailureError.of(
    'unsupported_media_type',
    `"${name}" does not hold what its name says, but ${found}. Give it the right extension, or send the right file.`,
    { field: 'file' },
  );
}
