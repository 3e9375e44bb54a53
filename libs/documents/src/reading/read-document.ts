import type { DocumentFile, DocumentText, ReadingLimits } from '../document-call.js';
import { readBook } from './book.js';
import { readCsv } from './csv.js';
import { readHtml } from './html.js';
import { readPdf } from './pdf.js';
import { decodeText } from './plain-text.js';
import { reading, tooMuchText, unreadable } from './problem.js';
import { recogniseCompound, recogniseContainer, recognisePackage, recogniseText } from './recognise.js';
import { readPackedSheets, readSheets } from './sheet.js';
import { readSlides } from './slides.js';
import { readWord } from './word.js';
import { Zip } from './zip.js';

/**
 * The text of a file. What it is, its content says first; its name and media type are asked only where that leaves a choice.
 * @throws DocumentProblem
 */
export async function readDocument(file: DocumentFile, limits: ReadingLimits): Promise<DocumentText> {
  if (file.bytes.byteLength === 0) throw unreadable('is empty. Send a file with content.');
  const document = await readByContainer(file, limits);
  if (document.text.length <= limits.mostCharacters) return document;
  throw tooMuchText(limits.mostCharacters);
}

async function readByContainer(file: DocumentFile, limits: ReadingLimits): Promise<DocumentText> {
  const bytes = Buffer.from(file.bytes.buffer, file.bytes.byteOffset, file.bytes.byteLength);
  switch (recogniseContainer(bytes)) {
    case 'pdf':
      return { format: 'pdf', text: await reading('a PDF', () => readPdf(file.bytes, limits)) };
    case 'package':
      return readPackage(new Zip(bytes, limits.mostUnpackedBytes));
    case 'compound':
      return { format: recogniseCompound(bytes), text: await reading('a workbook', () => readSheets(bytes)) };
    case 'unpacked':
      return readText(decodeText(bytes, file.mediaType), file);
  }
}

async function readPackage(zip: Zip): Promise<DocumentText> {
  const format = recognisePackage(zip.names, zip.text('mimetype') ?? '');
  switch (format) {
    case 'docx':
      return { format, text: await reading('a Word file', () => readWord(zip)) };
    case 'sheet':
      return { format, text: await reading('a workbook', () => readPackedSheets(zip)) };
    case 'pptx':
      return { format, text: await reading('a presentation', () => readSlides(zip)) };
    default:
      return { format, text: await reading('a book', () => readBook(zip)) };
  }
}

async function readText(text: string, file: DocumentFile): Promise<DocumentText> {
  const format = recogniseText(text, file);
  switch (format) {
    case 'csv':
      return { format, text: await reading('separated values', () => readCsv(text)) };
    case 'html':
      return { format, text: await reading('HTML', () => readHtml(text)) };
    default:
      return { format, text };
  }
}
