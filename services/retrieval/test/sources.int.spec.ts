import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, open, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type FileStore, openFileStore } from '@treadle/files';
import { type TestDatabase, testDatabase } from '@treadle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { firstPage, Rig } from './rig.js';

/** May reach this machine, where the pages are; nobody else may. */
const tenant = 'tenant-a';
const mostBytes = 1024 * 1024;
const environment = {
  TREADLE_HTTP_ALLOW: `${tenant}=127.0.0.1`,
  TREADLE_DATASET_FILE_BYTES: String(mostBytes),
  TREADLE_INDEX_LEASE_MS: '500',
};
let database: TestDatabase;
let folder: string;
let files: FileStore;
let rig: Rig;
let pages: string;
let sentBytes = 0;
const routes: Record<string, (response: ServerResponse, request: IncomingMessage) => void> = {
  '/weaving': (response) =>
    response.end(
      '<!doctype html><html><head><title>x</title></head><body><h1>Looms</h1><p>Looms weave cloth.</p></body></html>',
    ),
  '/endless': (response) => {
    const endless = function* () {
      for (;;) {
        sentBytes += 65_536;
        yield Buffer.alloc(65_536, 'x');
      }
    };
    pipeline(endless, response).catch(() => undefined);
  },
};
const server = createServer((request, response) => {
  const route = routes[request.url ?? ''];
  if (route) route(response, request);
  else response.writeHead(404).end('nothing');
});

beforeAll(async () => {
  database = await testDatabase();
  folder = await mkdtemp(join(tmpdir(), 'treadle-retrieval-'));
  files = await openFileStore(`file://${folder}`);
  rig = new Rig(database.connectionString, { environment, files });
  await rig.retrieval.start();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  pages = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await rig.stop();
  expect(rig.errors).toEqual([]);
  server.closeAllConnections();
  server.close();
  await database.drop();
  await rm(folder, { recursive: true });
});

const dataset = async (tenantId = tenant) => (await rig.dataset(tenantId, `dataset ${randomUUID()}`)).id;
const page = (path: string) => ({ source: 'url', sourceName: path.startsWith('/') ? `${pages}${path}` : path });
async function file(content: string | Uint8Array, fileName: string, mediaType = '') {
  return { source: 'file', fileId: await rig.upload(tenant, content), sourceName: fileName, mediaType };
}
const contents = async (datasetId: string, query: string) =>
  (await rig.search(tenant, [datasetId], query)).chunks.map(({ content }) => content);

const object = (number: number, content: string) => `${number} 0 obj\n${content}\nendobj\n`;
/** A PDF with one empty page, as a scan has to readers of text. */
const pagesOfPdf = `%PDF-1.4\n${object(1, '<< /Type /Catalog /Pages 2 0 R >>')}${object(2, '<< /Type /Pages /Kids [3 0 R] /Count 1 >>')}${object(3, '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 99 99] >>')}`;
const scan = `${pagesOfPdf}trailer\n<< /Size 4 /Root 1 0 R >>\nstartxref\n0\n%%EOF\n`;
const encryption = `<< /Filter /Standard /V 1 /R 2 /O <${'a'.repeat(64)}> /U <${'b'.repeat(64)}> /P -4 >>`;
const lockedPdf = `${pagesOfPdf}${object(4, encryption)}trailer\n<< /Size 5 /Root 1 0 R /Encrypt 4 0 R /ID [<00> <00>] >>\nstartxref\n0\n%%EOF\n`;

describe('a document from a file or a page', () => {
  it('is there at once, and read, cut and indexed afterwards', async () => {
    const id = await dataset();
    const given = await rig.add(tenant, id, page('/weaving'));
    expect(given).toMatchObject({ source: 'url', sourceName: `${pages}/weaving`, status: 'waiting', characters: 0 });
    const read = await rig.indexed(tenant, given);
    expect(read).toMatchObject({ error: '', errorCode: '', chunks: 1 });
    expect(read.characters).toBeGreaterThan(0);
    await rig.indexed(tenant, await rig.add(tenant, id, await file('# Pots\n\nPotters shape clay.', 'pots.md')));
    expect(await contents(id, 'who shapes clay')).toContain('# Pots\n\nPotters shape clay.');
    expect(await contents(id, 'looms cloth')).toContainEqual(expect.stringMatching(/# Looms\n\nLooms weave cloth\./));
  });

  it('is refused at once for what can be known at once', async () => {
    const id = await dataset();
    const large = await rig.upload(tenant, 'x');
    const path = join(folder, tenant, 'files', large);
    await mkdir(join(folder, tenant, 'files'), { recursive: true });
    const handle = await open(path, 'r+');
    await handle.truncate(1024 ** 3);
    await handle.close();
    const before = process.memoryUsage().rss;
    const wrong: [object, RegExp][] = [
      [{ source: 'file', fileId: large, sourceName: 'large.txt' }, /has 1073741824 bytes, where 1048576 are allowed/],
      [{ source: 'file', fileId: randomUUID(), sourceName: 'a.txt' }, /There is no file/],
      [{ source: 'file', fileId: '../../etc/passwd', sourceName: 'a.txt' }, /There is no file/],
      [await file('', 'empty.pdf'), /"empty.pdf" is empty/],
      [await file('x', 'cat.png', 'image/png'), /is image\/png, which holds no text/],
      [page('ftp://example.com/x'), /not an address of a page/],
      [page('file:///etc/passwd'), /not an address of a page/],
      [page('http://'), /not an address of a page/],
      [page('http://169.254.169.254/latest/meta-data'), /inside the platform's network/],
      [page('http://[::1]/'), /inside the platform's network/],
      [{ source: 'carrier pigeon' }, /no source of a document/],
      [{ text: ' ' }, /is empty/],
    ];
    for (const [given, reason] of wrong)
      await expect(rig.add(tenant, id, given), String(reason)).rejects.toThrow(reason);
    expect(process.memoryUsage().rss - before).toBeLessThan(256 * 1024 * 1024);
    const other = await dataset('tenant-b');
    await expect(rig.add('tenant-b', other, page('/weaving'))).rejects.toThrow(/inside the platform's network/);
    const { documents } = await rig.datasets.listDocuments({ ...firstPage, tenantId: tenant, datasetId: id });
    expect(documents).toEqual([]);
  });

  it('says in its status what only reading can tell', async () => {
    const id = await dataset();
    const wrong: [object, string, RegExp][] = [
      [page('/nowhere'), 'http_response_error', /nowhere answered 404\. Check that the page is there/],
      [page('/endless'), 'http_response_too_large', /larger than 1048576 bytes/],
      [await file(lockedPdf, 'locked.pdf'), 'document_unreadable', /"locked.pdf".*password/],
      [await file(scan, 'scan.pdf'), 'document_unreadable', /holds no text; a scan has only pictures/],
      [await file(Buffer.from('504b0304deadbeef', 'hex'), 'broken.docx'), 'document_unreadable', /"broken.docx"/],
      [await file(Buffer.from('89504e470d0a1a0a', 'hex'), 'picture.txt'), 'document_unsupported', /is a picture/],
    ];
    for (const [given, code, reason] of wrong) {
      const failed = await rig.indexed(tenant, await rig.add(tenant, id, given), 'error');
      expect(failed.error).toMatch(reason);
      expect(failed).toMatchObject({ errorCode: code, chunks: 0, chunksCut: 0 });
    }
    const other = await dataset('tenant-b');
    const blocked = await rig.indexed(
      'tenant-b',
      await rig.add('tenant-b', other, page('http://localhost:1/')),
      'error',
    );
    expect(blocked).toMatchObject({
      errorCode: 'address_blocked',
      error: expect.stringContaining('inside the platform'),
    });
    // The sockets' buffers, not the page.
    expect(sentBytes).toBeLessThan(64 * 1024 * 1024);
    const { rows } = await rig.pool.query('select from chunk where dataset_id = $1', [id]);
    expect(rows).toEqual([]);
  });

  it('keeps the old text until the new one is there, and goes on with it when there is none', async () => {
    const id = await dataset();
    const document = await rig.indexed(tenant, await rig.document(tenant, id, 'one', 'old words'));
    const key = { tenantId: tenant, datasetId: id, documentId: document.id };
    let isThere = false;
    routes['/later'] = (response) => response.writeHead(isThere ? 200 : 410).end('new words');
    await rig.datasets.updateDocument({ ...key, ...page('/later') });
    const failed = await rig.indexed(tenant, document, 'error');
    expect(failed.error).toMatch(/answered 410.*What the document held before is still found/);
    expect(failed).toMatchObject({ source: 'text', chunks: 1 });
    expect(await contents(id, 'words')).toEqual(['old words']);
    isThere = true;
    const { document: again } = await rig.datasets.retryDocument(key);
    expect(again?.error).toBe('');
    expect(await rig.indexed(tenant, document)).toMatchObject({ source: 'url', sourceName: `${pages}/later` });
    expect(await contents(id, 'words')).toEqual(['new words']);
    await expect(rig.datasets.retryDocument(key)).rejects.toThrow(/is completed: only what has ended in an error/);
    const { rows } = await rig.pool.query('select version from document_version where document_id = $1', [document.id]);
    expect(rows).toEqual([{ version: 2 }]);
  });

  it('is read again by another when its reader dies', async () => {
    const id = await dataset();
    let asked = 0;
    const dead = Promise.withResolvers<void>();
    routes['/slow'] = (response) => {
      asked += 1;
      if (asked === 1) dead.resolve();
      else response.end('finally read');
    };
    const dying = new Rig(database.connectionString, { environment, files });
    // Only the one that dies may have it first.
    await rig.stop();
    await dying.retrieval.start();
    const document = await dying.add(tenant, id, page('/slow'));
    await dead.promise;
    expect(
      (await dying.datasets.getDocument({ tenantId: tenant, datasetId: id, documentId: document.id })).document?.status,
    ).toBe('extracting');
    await dying.pool.end();
    rig = new Rig(database.connectionString, { environment, files });
    await rig.retrieval.start();
    await rig.indexed(tenant, document);
    expect(await contents(id, 'read')).toEqual(['finally read']);
    const { rows } = await rig.pool.query('select content from document_part where document_id = $1', [document.id]);
    expect(rows).toEqual([{ content: 'finally read' }]);
  });
});
