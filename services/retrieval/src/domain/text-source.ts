import { FailureError } from '@treadle/failure';

/** Where a document's text comes from. */
export type DocumentOrigin = { readonly source: 'text'; readonly text: string } | ReadOrigin;

/** Where a text is that is still to be read. */
export type ReadOrigin =
  | { readonly source: 'file'; readonly fileId: string; readonly fileName: string; readonly mediaType: string }
  | { readonly source: 'url'; readonly url: string };

/** Takes the text out of files and pages. */
export interface TextSource {
  /**
   * Looks at what is known without reading: whether there is such a file, its size and kind; the form of an address.
   * @throws FailureError `file_not_found`, `document_too_large`, `document_unreadable`, `document_unsupported`, `invalid_argument`, `address_blocked`
   */
  check(tenantId: string, origin: ReadOrigin): Promise<void>;
  /** @throws FailureError that says why there is no text: `file_not_found`, `document_unreadable`, `address_blocked` and more. */
  textOf(tenantId: string, origin: ReadOrigin, signal: AbortSignal): Promise<string>;
}

export interface GivenOrigin {
  readonly source: string;
  readonly sourceName: string;
  readonly text: string;
  readonly fileId: string;
  readonly mediaType: string;
}

/** @throws FailureError `invalid_argument` for a source that is none. */
export function originOf(given: GivenOrigin): DocumentOrigin {
  const { source, sourceName, text, fileId, mediaType } = given;
  if (source === 'text') return { source, text };
  if (source === 'file') return { source, fileId, fileName: sourceName, mediaType };
  if (source === 'url') return { source, url: sourceName };
  const message = `"${source.slice(0, 50)}" is no source of a document: text, file and url are.`;
  throw FailureError.of('invalid_argument', message, { field: 'source' });
}

/** @throws FailureError `invalid_argument` or `payload_too_large`, with the size. */
export function checkedText(text: string, mostCharacters: number): string {
  if (text.trim() === '')
    throw FailureError.of('invalid_argument', 'The document is empty. Give it a text.', { field: 'text' });
  if (text.length <= mostCharacters) return text;
  const message = `The text has ${text.length} characters, where ${mostCharacters} are allowed. Split it into several documents.`;
  throw FailureError.of('payload_too_large', message, { field: 'text' });
}
