import { deflateRawSync } from 'node:zlib';
import { utils, write } from '@e965/xlsx';

/** A PDF with a text on each page, written by hand. */
export function pdfOf(pages: readonly string[]): Buffer {
  const kids = pages.map((_, index) => `${4 + 2 * index} 0 R`).join(' ');
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Kids [${kids}] /Count ${pages.length} >>`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
    ...pages.flatMap((text, index) => {
      const content = `BT /F1 12 Tf 72 720 Td (${text}) Tj ET`;
      return [
        `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents ${5 + 2 * index} 0 R /Resources << /Font << /F1 3 0 R >> >> >>`,
        `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
      ];
    }),
  ];
  return pdfFrom(objects, '');
}

/** A PDF that asks for a password. */
export function lockedPdf(): Buffer {
  const hex = (character: string) => `<${character.repeat(64)}>`;
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [] /Count 0 >>',
    `<< /Filter /Standard /V 1 /R 2 /O ${hex('a')} /U ${hex('b')} /P -4 >>`,
  ];
  return pdfFrom(objects, '/Encrypt 3 0 R /ID [<00> <00>]');
}

function pdfFrom(objects: readonly string[], trailer: string): Buffer {
  let text = '%PDF-1.4\n';
  const offsets = objects.map((object, index) => {
    const at = text.length;
    text += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(at).padStart(10, '0')} 00000 n \n`;
  });
  const at = text.length;
  text += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${offsets.join('')}`;
  text += `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R ${trailer} >>\nstartxref\n${at}\n%%EOF\n`;
  return Buffer.from(text, 'latin1');
}

type Part = readonly [name: string, content: string | Buffer];

/** A packed file. `claimedBytes` is what every part says of its size, where it lies. */
export function packed(parts: readonly Part[], claimedBytes?: number): Buffer {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let at = 0;
  for (const [name, content] of parts) {
    const bytes = Buffer.from(content);
    const body = deflateRawSync(bytes);
    const facts = Buffer.alloc(26);
    facts.writeUInt16LE(20, 0);
    facts.writeUInt16LE(8, 4);
    facts.writeUInt32LE(body.length, 14);
    facts.writeUInt32LE(claimedBytes ?? bytes.length, 18);
    facts.writeUInt16LE(name.length, 22);
    const listed = Buffer.alloc(16);
    listed.writeUInt32LE(at, 12);
    local.push(Buffer.from('PK\x03\x04'), facts, Buffer.from(name), body);
    central.push(Buffer.from('PK\x01\x02\x14\x00', 'latin1'), facts, listed.subarray(2), Buffer.from(name));
    at += 30 + name.length + body.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(parts.length, 4);
  end.writeUInt16LE(parts.length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(at, 12);
  return Buffer.concat([...local, directory, Buffer.from('PK\x05\x06'), end]);
}

const wordNamespace = 'http://schemas.openxmlformats.org/wordprocessingml/2006/main';
const packageTypes =
  '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>';
const relations = (target: string) =>
  `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="${target}"/></Relationships>`;

/** A Word file around the elements of its body. */
export function wordParts(body: string): Part[] {
  return [
    ['[Content_Types].xml', packageTypes],
    ['_rels/.rels', relations('word/document.xml')],
    ['word/document.xml', `<w:document xmlns:w="${wordNamespace}"><w:body>${body}</w:body></w:document>`],
  ];
}

export const wordParagraph = (text: string, style = '') =>
  `<w:p>${style && `<w:pPr><w:pStyle w:val="${style}"/></w:pPr>`}<w:r><w:t>${text}</w:t></w:r></w:p>`;

export const wordTable = (rows: readonly (readonly string[])[]) =>
  `<w:tbl>${rows.map((row) => `<w:tr>${row.map((cell) => `<w:tc>${wordParagraph(cell)}</w:tc>`).join('')}</w:tr>`).join('')}</w:tbl>`;

/** A workbook in any format its writer knows (`xlsx`, `xlsb`, `biff8` for the old one, `ods`). */
export function workbook(
  sheets: Readonly<Record<string, unknown[][]>>,
  bookType: 'xlsx' | 'xlsb' | 'biff8' | 'ods',
): Buffer {
  const book = utils.book_new();
  for (const [name, rows] of Object.entries(sheets)) utils.book_append_sheet(book, utils.aoa_to_sheet(rows), name);
  return write(book, { type: 'buffer', bookType, compression: true }) as Buffer;
}

const slide = (paragraphs: readonly string[]) =>
  `<p:sld xmlns:p="p" xmlns:a="a">${paragraphs.map((text) => `<a:p><a:r><a:t>${text}</a:t></a:r></a:p>`).join('')}</p:sld>`;

export function presentation(slides: readonly (readonly string[])[]): Buffer {
  return packed([
    ['ppt/presentation.xml', '<p/>'],
    ...slides.map((paragraphs, index): Part => [`ppt/slides/slide${index + 1}.xml`, slide(paragraphs)]),
  ]);
}

export function book(chapters: readonly string[]): Buffer {
  const items = chapters.map((_, index) => `<item id="c${index}" href="text/c${index}.xhtml"/>`).join('');
  const order = chapters.map((_, index) => `<itemref idref="c${index}"/>`).join('');
  return packed([
    ['mimetype', 'application/epub+zip'],
    ['META-INF/container.xml', '<container><rootfiles><rootfile full-path="OEBPS/book.opf"/></rootfiles></container>'],
    ['OEBPS/book.opf', `<package><manifest>${items}</manifest><spine>${order}</spine></package>`],
    ...chapters.map((html, index): Part => [`OEBPS/text/c${index}.xhtml`, `<html><body>${html}</body></html>`]),
  ]);
}

/** Text of a pattern that packs to nearly nothing. */
export const zeros = (bytes: number) => Buffer.alloc(bytes, '0');
