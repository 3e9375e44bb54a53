import { afterAll, describe, expect, it } from 'vitest';
import { DocumentReader } from '../src/index.js';
import {
  book,
  lockedPdf,
  packed,
  pdfOf,
  presentation,
  wordParagraph,
  wordParts,
  wordTable,
  workbook,
  zeros,
} from './sample-documents.js';

const reader = new DocumentReader({
  processes: 1,
  timeoutSeconds: 20,
  memoryBytes: 512 * 1024 * 1024,
  mostBytes: 40 * 1024 * 1024,
  mostPages: 2000,
});
afterAll(() => reader.close());

const read = (content: string | Uint8Array, fileName = 'file', mediaType = '', owner = 'tenant') =>
  reader.read(
    owner,
    { bytes: typeof content === 'string' ? Buffer.from(content) : content, fileName, mediaType },
    new AbortController().signal,
  );

const goods = [
  ['Name', 'Price'],
  ['Yarn | red', 4.5],
  ['Loom', 1200],
];
const goodsTable = '| Name | Price |\n| --- | --- |\n| Yarn \\| red | 4.5 |\n| Loom | 1200 |';

describe('a document', () => {
  it.each<[string, string | Uint8Array, string, string]>([
    ['a PDF', pdfOf(['One page.', 'Another page.']), 'pdf', 'One page.\n\nAnother page.'],
    [
      'a Word file',
      packed(
        wordParts(
          `${wordParagraph('Looms', 'Heading1')}${wordParagraph('Two are here.')}${wordTable([
            ['a', 'b'],
            ['1', '2'],
          ])}`,
        ),
      ),
      'docx',
      'Two are here.',
    ],
    ['a workbook', workbook({ Goods: goods, Empty: [] }, 'xlsx'), 'sheet', `## Goods\n\n${goodsTable}`],
    ['a binary workbook', workbook({ Goods: goods }, 'xlsb'), 'sheet', `## Goods\n\n${goodsTable}`],
    ['an old workbook', workbook({ Goods: goods }, 'biff8'), 'sheet', `## Goods\n\n${goodsTable}`],
    ['an open workbook', workbook({ Goods: goods }, 'ods'), 'sheet', `## Goods\n\n${goodsTable}`],
    [
      'a presentation',
      presentation([['Looms', 'Three kinds'], ['End']]),
      'pptx',
      '## 1\n\nLooms\nThree kinds\n\n## 2\n\nEnd',
    ],
    ['a book', book(['<h1>One</h1><p>Yarn.</p>', '<p>Two.</p>']), 'epub', '# One\n\nYarn.\n\nTwo.'],
    ['plain text', 'Grüße', 'text', 'Grüße'],
    ['JSON', '{"a": [1]}', 'text', '{"a": [1]}'],
    ['YAML', 'a:\n  - 1\n', 'text', 'a:\n  - 1\n'],
    ['XML', '<?xml version="1.0"?><a>b</a>', 'text', '<?xml version="1.0"?><a>b</a>'],
  ])('that is %s is recognised by its content, whatever its name', async (_, content, format, text) => {
    const found = await read(content, 'wrong.bin', 'application/octet-stream');
    expect(found.format).toBe(format);
    expect(found.text).toContain(text);
  });

  it.each<[string, string, string, string, string]>([
    [
      'separated values',
      'Name,Price\n"Yarn, red",4.5\n\n',
      'goods.csv',
      'csv',
      '| Name | Price |\n| --- | --- |\n| Yarn, red | 4.5 |',
    ],
    ['semicolons', 'a;b\n1;2', 'goods.csv', 'csv', '| a | b |\n| --- | --- |\n| 1 | 2 |'],
    ['Markdown', '# Looms\n\n- one', 'looms.md', 'markdown', '# Looms\n\n- one'],
    ['a piece of HTML', '<p>One <b>two</b></p><script>no()</script>', 'a.html', 'html', 'One **two**'],
    ['a page without a head or a body', '<html><p>One <b>two</b></html>', 'b.html', 'html', 'One **two**'],
    [
      'a page with text behind its head',
      '<head><title>Looms</title></head>One <b>two</b>',
      'c.html',
      'html',
      '# Looms\n\nOne **two**',
    ],
    [
      'a page with blanks where a head would be',
      '<html>\n <body><p>One <b>two</b></p></body></html>',
      'd.html',
      'html',
      'One **two**',
    ],
  ])('that is %s is told by its name', async (_, content, name, format, text) => {
    expect(await read(content, name)).toEqual({ format, text });
  });

  it('keeps headings and tables of a Word file', async () => {
    const table = wordTable([
      ['a', 'b'],
      ['1', '2'],
    ]);
    const { text } = await read(packed(wordParts(`${wordParagraph('Two & more'.replace('&', '&amp;'))}${table}`)));
    expect(text).toContain('Two & more');
    expect(text).toMatch(/a[^]*b[^]*1[^]*2/);
  });

  it('reads the article of a page and leaves out what is around it', async () => {
    const article = Array.from(
      { length: 8 },
      (_, at) =>
        `<p>Paragraph ${at} about looms, with enough words, commas, and sense to be the article of this page, as a reader would see it.</p>`,
    ).join('');
    const page = `<!doctype html><html><head><title>Looms</title></head><body><nav><a href="/">Home</a></nav><article><h1>Looms</h1>${article}</article><footer>Imprint</footer></body></html>`;
    const { text, format } = await read(page, 'page', 'text/html');
    expect(format).toBe('html');
    expect(text).toMatch(/Looms[^]*Paragraph 0[^]*Paragraph 7/);
    expect(text).not.toContain('Imprint');
  });

  it.each<[string, Buffer, string, string]>([
    ['UTF-16 with its mark', Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('Grüße', 'utf16le')]), '', 'Grüße'],
    ['what the media type says', Buffer.from([0xcf, 0xf0, 0xe8]), 'text/plain; charset=windows-1251', 'При'],
    [
      'a western charset',
      Buffer.from('Grüße aus München, schöne Grüße', 'latin1'),
      '',
      'Grüße aus München, schöne Grüße',
    ],
  ])('of text is decoded: %s', async (_, bytes, mediaType, text) => {
    expect((await read(bytes, 'letter.txt', mediaType)).text).toBe(text);
  });

  it('of text in a Japanese charset is decoded by a guess', async () => {
    const bytes = Buffer.from(
      '93fa967b8cea82cc83658358836782c582b7814289a18f9182ab82cc95b68fcd82f082b182b182c98f9182ab82dc82b78142',
      'hex',
    );
    expect((await read(bytes, 'letter.txt')).text).toMatch(/^日本語のテストです/);
  });
});

describe('a document that cannot be read fails with what to do, and the next one is read', () => {
  const bombedWord = (part: Buffer, claimed?: number) => packed([...wordParts(''), ['word/styles.xml', part]], claimed);
  const whole = packed(wordParts(wordParagraph('Hello')));
  const manyPages = pdfOf(Array.from({ length: 10_000 }, () => 'p'));

  it.each<[string, Uint8Array, string, RegExp]>([
    ['an empty file', Buffer.alloc(0), 'document_unreadable', /"it\.x" is empty/],
    ['a PDF with a password', lockedPdf(), 'document_unreadable', /password/],
    ['a PDF cut off', pdfOf(['One']).subarray(0, 60), 'document_unreadable', /damaged or cut off/],
    ['a PDF with 10,000 pages', manyPages, 'document_too_large', /has 10000 pages; at most 2000/],
    ['a Word file cut off', whole.subarray(0, whole.length - 40), 'document_unreadable', /damaged or cut off/],
    ['a Word file without sense', packed([['word/document.xml', '<w:document><']]), 'document_unreadable', /Word file/],
    ['a Word file that unpacks to 400 MB', bombedWord(zeros(400_000_000)), 'document_too_large', /unpacks to more/],
    ['one that lies about it', bombedWord(zeros(400_000_000), 10), 'document_too_large', /unpacks to more/],
    [
      'a workbook of too much',
      packed([['xl/workbook.xml', zeros(300_000_000)]]),
      'document_too_large',
      /unpacks to more/,
    ],
    [
      'a locked Office file',
      Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.from('EncryptedPackage', 'utf16le')]),
      'document_unreadable',
      /password/,
    ],
    [
      'an old Word file',
      Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.from('WordDocument', 'utf16le')]),
      'document_unsupported',
      /\.docx/,
    ],
    ['an archive', packed([['a.txt', 'a']]), 'document_unsupported', /archive/],
    ['a picture', Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]), 'document_unsupported', /picture/],
    [
      'bytes without sense',
      Buffer.from(Array.from({ length: 4000 }, (_, at) => (at * 7919) % 32)),
      'document_unsupported',
      /neither/,
    ],
    ['more bytes than allowed', zeros(41 * 1024 * 1024), 'document_too_large', /more than 41943040 bytes/],
    ['more text than allowed', zeros(20_000_001), 'document_too_large', /20000000 characters/],
  ])('%s', async (_, bytes, code, message) => {
    await expect(read(bytes, 'it.x')).rejects.toMatchObject({
      failure: { code, retryable: false, message: expect.stringMatching(message) },
    });
    expect((await read('fine')).text).toBe('fine');
  });

  it('one that takes too much memory or time', async () => {
    const small = new DocumentReader({
      processes: 1,
      timeoutSeconds: 2,
      memoryBytes: 24 * 1024 * 1024,
      mostBytes: 1e8,
      mostPages: 10,
    });
    const call = (bytes: Uint8Array, fileName: string) =>
      small.read('tenant', { bytes, fileName, mediaType: '' }, new AbortController().signal);
    const greedy = Buffer.from('<p>'.repeat(3_000_000));
    await expect(call(greedy, 'deep.html')).rejects.toMatchObject({ failure: { code: 'document_too_large' } });
    expect((await call(Buffer.from('fine'), 'a.txt')).text).toBe('fine');
    await small.close();
  });

  it('stops when its signal fires', async () => {
    const stop = new AbortController();
    const call = reader.read('tenant', { bytes: Buffer.from('x'), fileName: 'a', mediaType: '' }, stop.signal);
    stop.abort(new Error('cancelled'));
    await expect(call).rejects.toThrow('cancelled');
    expect((await read('fine')).text).toBe('fine');
  });

  it('reads for several owners, one process for each', async () => {
    const texts = await Promise.all(['a', 'b', 'c'].map((owner) => read(owner, 'a.txt', '', owner)));
    expect(texts.map(({ text }) => text)).toEqual(['a', 'b', 'c']);
  });
});
