import type { ProblemCode } from '../document-call.js';

/** Why a document gives no text. The sentence begins with a verb and says what to do next. */
export class DocumentProblem extends Error {
  readonly code: ProblemCode;

  constructor(code: ProblemCode, sentence: string, options?: ErrorOptions) {
    super(sentence, options);
    this.code = code;
  }
}

export const tooLarge = (sentence: string) => new DocumentProblem('document_too_large', sentence);
export const unsupported = (sentence: string) => new DocumentProblem('document_unsupported', sentence);
export const unreadable = (sentence: string, cause?: unknown) =>
  new DocumentProblem('document_unreadable', sentence, { cause });

export const tooMuchText = (mostCharacters: number) =>
  tooLarge(`holds more than ${mostCharacters} characters of text. Send it in parts.`);

/** What parsers throw at a damaged file, in our words. */
export async function reading<T>(what: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof DocumentProblem) throw error;
    throw unreadable(`is damaged or cut off: it cannot be read as ${what}. Open it, save it again and retry.`, error);
  }
}
