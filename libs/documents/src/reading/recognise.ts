import type { DocumentFile, DocumentFormat } from '../document-call.js';
import { unreadable, unsupported } from './problem.js';

/** What the first bytes say; `package` and `compound` are containers that hold one of several. */
export type Container = 'pdf' | 'package' | 'compound' | 'unpacked';

const pdfMark = Buffer.from('%PDF-');
const packageMark = Buffer.from([0x50, 0x4b, 0x03, 0x04]);
const compoundMark = Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]);

/** Readers take a PDF whose mark comes late. */
const pdfMarkWithin = 1024;

/** @throws DocumentProblem for pictures and other kinds known to hold no text for us. */
export function recogniseContainer(bytes: Buffer): Container {
  if (bytes.subarray(0, pdfMarkWithin).includes(pdfMark)) return 'pdf';
  if (bytes.subarray(0, 4).equals(packageMark)) return 'package';
  if (bytes.subarray(0, 8).equals(compoundMark)) return 'compound';
  const other = otherMarks.find(({ mark }) => bytes.subarray(0, mark.length).equals(mark));
  if (other) throw unsupported(`is ${other.what}. Send a PDF, Word, sheet or text file.`);
  return 'unpacked';
}

const otherMarks = [
  { mark: Buffer.from([0x89, 0x50, 0x4e, 0x47]), what: 'a picture' },
  { mark: Buffer.from([0xff, 0xd8, 0xff]), what: 'a picture' },
  { mark: Buffer.from('GIF8'), what: 'a picture' },
  { mark: Buffer.from([0x1f, 0x8b]), what: 'packed with gzip' },
  { mark: Buffer.from('7z\u00bc\u00af', 'latin1'), what: 'an archive' },
  { mark: Buffer.from('Rar!'), what: 'an archive' },
  { mark: Buffer.from('{\\rtf'), what: 'in Rich Text Format' },
];

/** What a package holds, by the names of its parts. @throws DocumentProblem where it is none of ours. */
export function recognisePackage(names: readonly string[], mimeType: string): DocumentFormat {
  const has = (name: string) => names.includes(name);
  if (has('word/document.xml')) return 'docx';
  if (has('xl/workbook.xml') || has('xl/workbook.bin')) return 'sheet';
  if (has('ppt/presentation.xml')) return 'pptx';
  if (mimeType.startsWith('application/epub')) return 'epub';
  if (mimeType.startsWith('application/vnd.oasis.opendocument.spreadsheet')) return 'sheet';
  throw unsupported(
    'is an archive or a kind of document that cannot be read here. Send a PDF, .docx, .xlsx, .pptx or text file.',
  );
}

/** What an older Office file holds, by the names of its streams, which stand in it as UTF-16. */
export function recogniseCompound(bytes: Buffer): 'sheet' {
  const has = (name: string) => bytes.includes(Buffer.from(name, 'utf16le'));
  if (has('EncryptedPackage')) throw unreadable('is protected by a password. Send it without one.');
  if (has('Workbook') || has('Book')) return 'sheet';
  if (has('WordDocument')) throw unsupported('is an old Word file. Save it as .docx and send that.');
  if (has('PowerPoint Document')) throw unsupported('is an old PowerPoint file. Save it as .pptx and send that.');
  throw unsupported('is an old Office file of an unknown kind. Save it as .docx, .xlsx or .pptx and send that.');
}

const formatsByExtension: Readonly<Record<string, DocumentFormat>> = {
  csv: 'csv',
  tsv: 'csv',
  htm: 'html',
  html: 'html',
  xhtml: 'html',
  markdown: 'markdown',
  md: 'markdown',
  mdx: 'markdown',
};
const formatsByMediaType: Readonly<Record<string, DocumentFormat>> = {
  'application/xhtml+xml': 'html',
  'text/csv': 'csv',
  'text/html': 'html',
  'text/markdown': 'markdown',
  'text/tab-separated-values': 'csv',
};

/** What a text is: markup by its own beginning, else by the name of the file and its media type. */
export function recogniseText(text: string, { fileName, mediaType }: DocumentFile): DocumentFormat {
  if (/^\s*(?:<\?xml[^>]*>\s*)?(?:<!--[^]{0,2000}?-->\s*)?<(?:!doctype\s+html|html)[\s>]/i.test(text.slice(0, 4096)))
    return 'html';
  const extension = /\.([a-z0-9]+)$/i.exec(fileName)?.[1]?.toLowerCase() ?? '';
  const named =
    formatsByExtension[extension] ?? formatsByMediaType[mediaType.split(';')[0]?.trim().toLowerCase() ?? ''];
  return named ?? 'text';
}
