import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileStoreContract } from './file-store.contract.js';
import type { FileStore } from './file-store.js';
import { openFileStore } from './open-file-store.js';

describe('files in a folder', () => {
  let folder: string;
  let store: FileStore;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'treadle-files-'));
    store = await openFileStore(pathToFileURL(folder).href);
  });
  afterAll(() => rm(folder, { recursive: true }));

  fileStoreContract(() => store);

  it('leaves no unfinished file behind, and removes those of processes that died', async () => {
    const growing = join(folder, '.growing');
    expect(await readdir(growing)).toEqual([]);
    await writeFile(join(growing, 'old'), 'half a fi');
    await writeFile(join(growing, 'new'), 'half a fi');
    await utimes(join(growing, 'old'), 0, 0);
    await openFileStore(pathToFileURL(folder).href);
    expect(await readdir(growing)).toEqual(['new']);
  });

  it('says that the folder is the trouble when nothing can be written there', async () => {
    await writeFile(join(folder, 'blocked'), '');
    await expect(openFileStore(pathToFileURL(join(folder, 'blocked')).href)).rejects.toMatchObject({
      failure: { code: 'unavailable', message: expect.stringContaining('FILES_URL') },
    });
  });
});
