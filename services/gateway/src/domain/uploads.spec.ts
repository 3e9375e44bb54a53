import type { File } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import { MemoryFileStore } from '@treadle/files';
import { describe, expect, it } from 'vitest';
import { plainName, Uploads } from './uploads.js';

const maxBytes = 200_000;

function aDesk() {
  const store = new MemoryFileStore();
  const known: File[] = [];
  const files = {
    registerFile: async ({ file }: { file?: File | undefined }) => ({ file: known[known.push(file!) - 1] }),
    getFile: async () => ({ file: undefined }),
    deleteFile: async () => ({}),
  };
  return { store, known, files, uploads: new Uploads(files, store, { maxBytes }) };
}

async function* pieces(...contents: readonly (string | Uint8Array)[]) {
  for (const content of contents) yield Buffer.from(content);
}

describe('an upload', () => {
  it('is stored below its tenant and then made known', async () => {
    const { uploads, store, known } = aDesk();
    const content = 'x'.repeat(150_000);
    const file = await uploads.take('acme', { name: 'a.txt', content: pieces(content.slice(0, 9), content.slice(9)) });
    expect(file).toMatchObject({ name: 'a.txt', extension: 'txt', kind: 'document', bytes: 150_000 });
    expect(store.files.get(`acme/files/${file.id}`)?.toString()).toBe(content);
    expect(known).toEqual([file]);
  });

  it.each([
    ['an empty one', 'a.txt', [], 'invalid_argument', '"a.txt" is empty'],
    [
      'one that is too large',
      'a.txt',
      ['x'.repeat(maxBytes), 'yz'],
      'payload_too_large',
      '200002 bytes; at most 200000',
    ],
    ['one without an end', 'a.txt', Array(10).fill('x'.repeat(maxBytes)), 'payload_too_large', 'more than 800000'],
    ['one that is something else', 'a.png', ['text'], 'unsupported_media_type', '"a.png"'],
  ])('of %s is refused and leaves nothing', async (_, name, contents: readonly string[], code, sentence) => {
    const { uploads, store, known } = aDesk();
    await expect(uploads.take('acme', { name, content: pieces(...contents) })).rejects.toMatchObject({
      failure: { code, message: expect.stringContaining(sentence) },
    });
    expect([store.files.size, known]).toEqual([0, []]);
  });

  it('leaves nothing when it breaks off, nor when nobody can be told of it', async () => {
    const { uploads, store, files } = aDesk();
    const broken = async function* () {
      yield Buffer.from('half');
      throw new Error('the connection is gone');
    };
    await expect(uploads.take('acme', { name: 'a.txt', content: broken() })).rejects.toThrow('gone');
    files.registerFile = async () => {
      throw FailureError.of('unavailable', 'away');
    };
    await expect(uploads.take('acme', { name: 'a.txt', content: pieces('x') })).rejects.toMatchObject({
      failure: { code: 'unavailable' },
    });
    expect(store.files.size).toBe(0);
  });
});

describe('the name of an upload', () => {
  it.each([
    ['../../etc/passwd', 'passwd'],
    ['C:\\Users\\ada\\cat.png', 'cat.png'],
    ['a/b/', 'file'],
    ['..', 'file'],
    ['', 'file'],
    ['tab\tand\u0000null.txt', 'tabandnull.txt'],
    [`${'x'.repeat(300)}.txt`, `${'x'.repeat(180)}${'x'.repeat(16)}.txt`],
  ])('%j is kept as %j', (given, kept) => {
    expect(plainName(given)).toBe(kept);
  });
});
