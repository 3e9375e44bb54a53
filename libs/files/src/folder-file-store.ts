import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Digest } from './digest.js';
import type { FileContent, FileStore, PutFile, StoredFile } from './file-store.js';
import { checkKey } from './key.js';
import { readingFrom, withStore } from './store-trouble.js';

/** Where files grow until they are whole. No key begins with a dot. */
const growing = '.growing';
/** What has not grown for this long was left by a process that died. */
const abandonedMs = 24 * 60 * 60 * 1000;

/** Keeps files below a folder, which several processes may share. */
export class FolderFileStore implements FileStore {
  private constructor(private readonly root: string) {}

  /** Makes the folder where it is missing, and removes what processes that died have left unfinished. */
  static async open(root: string): Promise<FolderFileStore> {
    await withStore(() => prepare(join(root, growing)));
    return new FolderFileStore(root);
  }

  async put(key: string, content: FileContent): Promise<PutFile> {
    const path = this.pathOf(key);
    const unfinished = join(this.root, growing, randomUUID());
    const digest = new Digest();
    try {
      await write(unfinished, digest.through(content));
      await withStore(() => publish(unfinished, path));
      return digest.end();
    } catch (error) {
      await rm(unfinished, { force: true });
      throw error;
    }
  }

  async get(key: string): Promise<AsyncIterable<Uint8Array> | undefined> {
    const path = this.pathOf(key);
    const file = await withStore(() => unlessMissing(open(path)));
    return file && readingFrom(file.createReadStream());
  }

  async head(key: string): Promise<StoredFile | undefined> {
    const path = this.pathOf(key);
    const facts = await withStore(() => unlessMissing(stat(path)));
    return facts?.isFile() ? { bytes: facts.size } : undefined;
  }

  async delete(key: string): Promise<void> {
    const path = this.pathOf(key);
    await withStore(() => rm(path, { force: true }));
  }

  async deleteAll(path: string): Promise<void> {
    const folder = this.pathOf(path);
    await withStore(() => rm(folder, { recursive: true, force: true }));
  }

  private pathOf(key: string): string {
    checkKey(key);
    return join(this.root, ...key.split('/'));
  }
}

async function prepare(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder)) {
    const facts = await unlessMissing(stat(join(folder, name)));
    if (facts && Date.now() - facts.mtimeMs > abandonedMs) await rm(join(folder, name), { force: true });
  }
}

/** An error of the content is the content's own; one of the folder is the store's trouble. */
async function write(path: string, content: AsyncIterable<Uint8Array>): Promise<void> {
  const file = await withStore(() => open(path, 'wx'));
  try {
    for await (const chunk of content) await withStore(() => writeAll(file, chunk));
    await withStore(() => file.sync());
  } finally {
    await file.close();
  }
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let done = 0; done < chunk.byteLength; ) done += (await file.write(chunk, done)).bytesWritten;
}

/** A rename is seen wholly or not at all; synchronising the folder makes it last. */
async function publish(unfinished: string, path: string): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  await rename(unfinished, path);
  const handle = await open(folder);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function unlessMissing<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}
