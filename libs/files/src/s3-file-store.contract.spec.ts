import { type FauxqsServer, startFauxqs } from 'fauxqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileStoreContract } from './file-store.contract.js';
import { type FileStore, readFile } from './file-store.js';
import { openFileStore } from './open-file-store.js';

describe('files in S3', () => {
  let server: FauxqsServer;
  let store: FileStore;
  const addressOf = (path: string) =>
    `s3://id:secret@${path}?region=eu-central-1&endpoint=${encodeURIComponent(`http://127.0.0.1:${server.port}`)}`;

  beforeAll(async () => {
    server = await startFauxqs({ port: 0, logger: false });
    server.createBucket('files');
    store = await openFileStore(addressOf('files/below'));
  });
  afterAll(() => server.stop());

  fileStoreContract(() => store);

  it('keeps everything below its prefix', async () => {
    await store.put('acme/files/p', Buffer.from('x'));
    const whole = await openFileStore(addressOf('files'));
    expect(await readFile(whole, 'below/acme/files/p')).toBeDefined();
  });

  it('says that the store is the trouble when the bucket is missing', async () => {
    const lost = await openFileStore(addressOf('nowhere'));
    await expect(lost.get('acme/files/a')).rejects.toMatchObject({ failure: { code: 'unavailable' } });
  });
});
