import { FailureError } from '@treadle/failure';
import { expect, it } from 'vitest';
import { type FileStore, readFile } from './file-store.js';

/** What every store keeps to. `open` gives a store that may hold files of earlier tests. */
export function fileStoreContract(open: () => FileStore): void {
  const text = (content: Uint8Array | undefined) => content && Buffer.from(content).toString();

  it('gives back what was put, with its size and hash', async () => {
    const store = open();
    const put = await store.put('acme/files/a', Buffer.from('hello'));
    expect(put).toEqual({ bytes: 5, sha256: '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824' });
    expect(text(await readFile(store, 'acme/files/a'))).toBe('hello');
    expect(await store.head('acme/files/a')).toEqual({ bytes: 5 });
  });

  it('takes a stream of unknown size, 12 MB in pieces', async () => {
    const store = open();
    const piece = Buffer.alloc(64 * 1024, 'x');
    const pieces = async function* () {
      for (let count = 0; count < 192; count++) yield piece;
    };
    expect((await store.put('acme/files/large', pieces())).bytes).toBe(192 * piece.length);
    let bytes = 0;
    for await (const chunk of (await store.get('acme/files/large'))!) bytes += chunk.byteLength;
    expect(bytes).toBe(192 * piece.length);
  });

  it('keeps a file without content', async () => {
    const store = open();
    expect((await store.put('acme/files/empty', new Uint8Array())).bytes).toBe(0);
    expect(text(await readFile(store, 'acme/files/empty'))).toBe('');
  });

  it('replaces a file', async () => {
    const store = open();
    await store.put('acme/files/again', Buffer.from('one'));
    await store.put('acme/files/again', Buffer.from('two'));
    expect(text(await readFile(store, 'acme/files/again'))).toBe('two');
  });

  it('shows nothing of content that broke off, and tells why it did', async () => {
    const store = open();
    const broken = async function* () {
      yield Buffer.alloc(6 * 1024 * 1024);
      throw FailureError.of('payload_too_large', 'enough');
    };
    await expect(store.put('acme/files/broken', broken())).rejects.toMatchObject({
      failure: { code: 'payload_too_large', message: 'enough' },
    });
    expect(await store.head('acme/files/broken')).toBeUndefined();
  });

  it('says nothing of what is not there, and deletes it without trouble', async () => {
    const store = open();
    expect(await store.get('acme/files/none')).toBeUndefined();
    expect(await store.head('acme/files/none')).toBeUndefined();
    await store.delete('acme/files/none');
    await store.deleteAll('acme/none');
  });

  it('deletes one file, or all below a path and no neighbour', async () => {
    const store = open();
    for (const key of ['acme/runs/1/a', 'acme/runs/1/b', 'acme/runs/10/a']) await store.put(key, Buffer.from(key));
    await store.delete('acme/runs/1/a');
    expect(await store.head('acme/runs/1/a')).toBeUndefined();
    await store.deleteAll('acme/runs/1');
    expect(await store.head('acme/runs/1/b')).toBeUndefined();
    expect(await store.head('acme/runs/10/a')).toBeDefined();
  });

  it.each(['', 'acme', '/etc/passwd', 'acme/../other/a', 'acme/./a', 'acme//a', 'acme/a b', 'acme\\a/b', 'acme/.a'])(
    'refuses the key "%s"',
    async (key) => {
      const store = open();
      const refused = { failure: { code: 'invalid_argument' } };
      await expect(store.put(key, Buffer.from('x'))).rejects.toMatchObject(refused);
      await expect(store.get(key)).rejects.toMatchObject(refused);
      await expect(store.delete(key)).rejects.toMatchObject(refused);
      await expect(store.deleteAll(key)).rejects.toMatchObject(refused);
    },
  );
}
