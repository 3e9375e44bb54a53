import type { Image } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';

/** How the bytes of each kind of image begin. */
const beginnings: Readonly<Record<string, (bytes: Buffer) => boolean>> = {
  'image/gif': (bytes) => bytes.subarray(0, 4).toString('latin1') === 'GIF8',
  'image/jpeg': (bytes) => bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff,
  'image/png': (bytes) => bytes.subarray(0, 8).toString('latin1') === '\x89PNG\r\n\x1a\n',
  'image/webp': (bytes) =>
    bytes.subarray(0, 4).toString('latin1') === 'RIFF' && bytes.subarray(8, 12).toString('latin1') === 'WEBP',
};

/**
 * An image from its address: a web address for the provider to fetch, or the image itself as a data URL.
 * @throws FailureError `invalid_argument` for anything a model could not look at.
 */
export function readImage({ url, detail }: { url: string; detail: string }, field: string): Image {
  if (!url.startsWith('data:'))
    return { source: { $case: 'url', value: webAddress(url, field) }, mediaType: '', detail };
  const [, mediaType = '', text] = /^data:([\w/+.-]+)?;base64,([A-Za-z0-9+/_-]+={0,2})$/.exec(url) ?? [];
  const begins = beginnings[mediaType];
  if (text === undefined || !begins)
    throw invalid(field, `An image inside a request is a data URL in base64 of ${Object.keys(beginnings).join(', ')}.`);
  const bytes = Buffer.from(text, 'base64');
  if (!begins(bytes)) throw invalid(field, `The image says that it is ${mediaType}, and its bytes are something else.`);
  return { source: { $case: 'data', value: bytes }, mediaType, detail };
}

function webAddress(url: string, field: string): string {
  const { protocol } = URL.parse(url) ?? {};
  if (protocol === 'http:' || protocol === 'https:') return url;
  throw invalid(field, 'The address of an image begins with http://, https:// or data:.');
}

function invalid(field: string, message: string): FailureError {
  return FailureError.of('invalid_argument', message, { field });
}
