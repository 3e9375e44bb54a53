import type { HttpBody } from './to-body.js';

/** A field of a form; one with a file name is a file. */
export interface FormPart {
  readonly name: string;
  readonly content: string | Uint8Array;
  readonly fileName?: string;
  readonly contentType?: string;
}

/** A form as `multipart/form-data`, with a boundary that is in none of its parts. Without a file it is text. */
export function multipart(parts: readonly FormPart[]): HttpBody {
  let boundary = 'treadle-form-boundary';
  while (parts.some(({ content }) => Buffer.from(content).includes(boundary))) boundary += '-';
  const pieces = parts.flatMap((part) => [`--${boundary}\r\n${headersOf(part)}\r\n`, part.content, '\r\n']);
  pieces.push(`--${boundary}--\r\n`);
  const isText = pieces.every((piece) => typeof piece === 'string');
  return {
    content: isText ? pieces.join('') : Buffer.concat(pieces.map((piece) => Buffer.from(piece))),
    contentType: `multipart/form-data; boundary=${boundary}`,
  };
}

function headersOf({ name, fileName, contentType }: FormPart): string {
  const file = fileName === undefined ? '' : `; filename="${quoted(fileName)}"`;
  const type = contentType === undefined ? '' : `Content-Type: ${contentType.replace(/[\r\n]/g, ' ')}\r\n`;
  return `Content-Disposition: form-data; name="${quoted(name)}"${file}\r\n${type}`;
}

/** As browsers write names: what would end the text or the line is encoded. */
const quoted = (text: string) => text.replace(/["\r\n]/g, encodeURIComponent);
