/** A file whose text is wanted. */
export interface DocumentFile {
  readonly bytes: Uint8Array;
  /** With its extension, which decides only where the content does not. */
  readonly fileName: string;
  /** Like `text/csv; charset=utf-8`; empty where it is not known. */
  readonly mediaType: string;
}

/** What was recognised, mostly by the content. */
export type DocumentFormat = 'csv' | 'docx' | 'epub' | 'html' | 'markdown' | 'pdf' | 'pptx' | 'sheet' | 'text';

export interface DocumentText {
  /** Words, headings, lists and tables in Markdown; of plain texts the text as it is. Empty where there is none, as in scans. */
  readonly text: string;
  readonly format: DocumentFormat;
}

/** What the reader of one document holds itself to. */
export interface ReadingLimits {
  /** Of a PDF. */
  readonly mostPages: number;
  /** What the parts of a packed file may come to, unpacked. */
  readonly mostUnpackedBytes: number;
  /** Of the text. */
  readonly mostCharacters: number;
}

export type ProblemCode = 'document_too_large' | 'document_unreadable' | 'document_unsupported';

/** What became of a document. */
export type DocumentReply =
  | ({ readonly kind: 'read' } & DocumentText)
  /** The sentence begins with a verb: its subject, the file, is put before it. */
  | { readonly kind: 'refused'; readonly code: ProblemCode; readonly sentence: string }
  | { readonly kind: 'exceeded'; readonly limit: 'time' | 'memory' };
