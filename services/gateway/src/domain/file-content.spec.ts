import { describe, expect, it } from 'vitest';
import { contentType } from './file-content.js';

const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const pdf = Buffer.from('%PDF-1.7\n%\u00e2\u00e3\n1 0 obj');
const mp3 = Buffer.concat([Buffer.from([0xff, 0xfb, 0x90, 0x64]), Buffer.alloc(500)]);
const zip = Buffer.from('UEsDBBQAAAAAAAAAAAAAAAAAAAAAAAAAAAABAAAAYQ==', 'base64');
const text = Buffer.from('Grüße aus dem Webstuhl, und so weiter.');

describe('what a file is', () => {
  it.each([
    ['cat.png', png, { extension: 'png', mediaType: 'image/png', kind: 'image' }],
    ['CAT.JPG', png, { extension: 'jpg', mediaType: 'image/png', kind: 'image' }],
    ['cat', png, { extension: 'png', mediaType: 'image/png', kind: 'image' }],
    ['a.pdf', pdf, { extension: 'pdf', mediaType: 'application/pdf', kind: 'document' }],
    ['a.mp3', mp3, { extension: 'mp3', mediaType: 'audio/mpeg', kind: 'audio' }],
    ['a.md', text, { extension: 'md', mediaType: 'text/markdown', kind: 'document' }],
    ['a.csv', text, { extension: 'csv', mediaType: 'text/csv', kind: 'document' }],
    ['a.docx', zip, { extension: 'docx', kind: 'document' }],
    ['a.svg', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), { mediaType: 'image/svg+xml', kind: 'image' }],
    ['a.log', text, { extension: 'log', mediaType: 'text/plain', kind: 'custom' }],
    ['a.dat', Buffer.from([0, 1, 2, 3]), { extension: 'dat', mediaType: 'application/octet-stream', kind: 'custom' }],
    ['notes', text, { extension: '', mediaType: 'text/plain', kind: 'document' }],
    ['a.zip', zip, { extension: 'zip', mediaType: 'application/zip', kind: 'custom' }],
  ])('is found for %s', async (name, head, type) => {
    expect(await contentType(name, head)).toMatchObject(type);
  });

  it.each([
    ['cat.png', pdf],
    ['cat.png', text],
    ['a.pdf', png],
    ['a.pdf', text],
    ['a.txt', png],
    ['a.txt', Buffer.from([0, 1, 2])],
    ['a.docx', pdf],
    ['a.mp3', png],
    ['a.svg', png],
  ])('is not what the name %s claims', async (name, head) => {
    await expect(contentType(name, head)).rejects.toMatchObject({
      failure: { code: 'unsupported_media_type', message: expect.stringContaining(`"${name}"`) },
    });
  });
});
