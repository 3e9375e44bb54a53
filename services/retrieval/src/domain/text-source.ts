import { FailureError } from '@treadle/failure';

/** Where a document's text comes from. */
export type DocumentOrigin =
  | { readonly source: 'text'; readonly text: string }
  | { readonly source: 'file'; readonly fileId: string; readonly fileName: string; readonly mediaType: string }
  | { readonly source: 'url'; readonly url: string };

/** Takes the text out of files and pages. */
export interface TextSource {
  /** @throws FailureError that says why there is no text: `file_not_found`, `document_unreadable`, `address_blocked` and more. */
  textOf(tenantId: string, origin: DocumentOrigin): Promise<string>;
}

/** @throws FailureError `invalid_argument` for a source that is none. */
export function originOf(given: {
  readonly source: string;
  readonly sourceName: string;
  readonly text: string;
  readonly fileId: string;
  readonly mediaType: string;
}): DocumentOrigin {
  const { source, sourceName, text, fileId, mediaType } = given;
  if (source === 'text') return { source, text };
  if (source === 'file') return { source, fileId, fileName: sourceName, mediaType };
  if (source === 'url') return { source, url: sourceName };
  const message = `"${source.slice(0, 50)}" is no source of a document: text, file and url are.`;
  throw FailureError.of('invalid_argument', message, { field: 'source' });
}
