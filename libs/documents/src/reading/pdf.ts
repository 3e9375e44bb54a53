import type { ReadingLimits } from '../document-call.js';
import { tooLarge, tooMuchText, unreadable } from './problem.js';

/** The words of a PDF page by page, with an empty line between two pages. */
export async function readPdf(bytes: Uint8Array, { mostPages, mostCharacters }: ReadingLimits): Promise<string> {
  const { getDocumentProxy } = await import('unpdf');
  const document = await getDocumentProxy(bytes, { verbosity: 0, stopAtErrors: false }).catch(refusePassword);
  if (document.numPages > mostPages) {
    throw tooLarge(`has ${document.numPages} pages; at most ${mostPages} can be read. Send it in parts.`);
  }
  const pages: string[] = [];
  let characters = 0;
  for (let number = 1; number <= document.numPages; number++) {
    const page = await document.getPage(number);
    const { items } = await page.getTextContent();
    const text = items.map((item) => ('str' in item ? item.str + (item.hasEOL ? '\n' : '') : '')).join('');
    page.cleanup();
    characters += text.length;
    if (characters > mostCharacters) throw tooMuchText(mostCharacters);
    pages.push(text.trim());
  }
  return pages.filter((page) => page !== '').join('\n\n');
}

function refusePassword(error: unknown): never {
  if (error instanceof Error && error.name === 'PasswordException') {
    throw unreadable('is protected by a password. Send it without one.');
  }
  throw error;
}
