import { Digest } from './digest.js';
import type { FileContent, FileStore, PutFile, StoredFile } from './file-store.js';
import { checkKey } from './key.js';

/** Keeps files in memory: for specs, and nothing else. */
export class MemoryFileStore implements FileStore {
  readonly files = new Map<string, Buffer>();

  async put(key: string, content: FileContent): Promise<PutFile> {
    checkKey(key);
    const digest = new Digest();
    const pieces = await Array.fromAsync(digest.through(content));
    this.files.set(key, Buffer.concat(pieces));
    return digest.end();
  }

  async get(key: string): Promise<AsyncIterable<Uint8Array> | undefined> {
    checkKey(key);
    const content = this.files.get(key);
    return content && pieces(content);
  }

  async head(key: string): Promise<StoredFile | undefined> {
    checkKey(key);
    const content = this.files.get(key);
    return content && { bytes: content.byteLength };
  }

  async delete(key: string): Promise<void> {
    checkKey(key);
    this.files.delete(key);
  }

  async deleteAll(path: string): Promise<void> {
    checkKey(path);
    for (const key of this.files.keys()) if (key.startsWith(`${path}/`)) this.files.delete(key);
  }
}

async function* pieces(content: Buffer): AsyncIterable<Uint8Array> {
  yield content;
}
