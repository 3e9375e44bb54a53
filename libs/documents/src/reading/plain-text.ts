import { detect } from 'chardet';
import { unsupported } from './problem.js';

/** Enough for a guess. */
const sampleBytes = 64 * 1024;

/**
 * Bytes as text: by its byte order mark, by what the media type says, as UTF-8 where it is, and else by a guess from the letters.
 * @throws DocumentProblem for what is no text.
 */
export function decodeText(bytes: Uint8Array, mediaType: string): string {
  const charset = markedCharset(bytes) ?? /charset="?([^";\s]+)/i.exec(mediaType)?.[1];
  const text = (charset && decodeAs(charset, bytes)) ?? decodeAs('utf-8', bytes) ?? decodeByGuess(bytes);
  if (text === undefined || looksBinary(text)) {
    throw unsupported(
      'is neither a text nor a kind of document that can be read here. Send a PDF, Word, sheet or text file.',
    );
  }
  return text;
}

function markedCharset(bytes: Uint8Array): string | undefined {
  const [first, second, third] = bytes;
  if (first === 0xef && second === 0xbb && third === 0xbf) return 'utf-8';
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  return undefined;
}

function decodeByGuess(bytes: Uint8Array): string | undefined {
  const guess = detect(bytes.subarray(0, sampleBytes));
  return (guess ? decodeAs(guess, bytes) : undefined) ?? decodeAs('windows-1252', bytes);
}

/** `undefined` where the bytes are not of the charset, or nobody knows it. */
function decodeAs(charset: string, bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder(charset, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

const controlCharacter = /[^\P{Cc}\t\n\v\f\r\u0080-\u009f]/gu;

/** Texts hold no control characters but breaks, tabs and form feeds; a few are forgiven. */
function looksBinary(text: string): boolean {
  const sample = text.slice(0, sampleBytes);
  const control = sample.match(controlCharacter)?.length ?? 0;
  return sample.includes('\u0000') || control > sample.length / 100;
}
