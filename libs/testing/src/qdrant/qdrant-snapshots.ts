import { Buffer } from 'node:buffer';
import { createHash, randomUUID } from 'node:crypto';
import { QdrantCollection, QdrantRefusal } from './qdrant-collection.js';
import type { QdrantCollections } from './qdrant-routes.js';
import { results, snapshotUpload } from './qdrant-shapes.js';

/** A call about snapshots, whose bodies are no JSON. */
export interface SnapshotCall {
  /** Method and path. */
  readonly call: string;
  readonly query: URLSearchParams;
  readonly contentType: string;
  readonly body: Buffer;
}

const paths = /^([A-Z]+) \/collections\/([^/]+)\/snapshots(?:\/([^/]+))?$/;

/** Snapshots of collections. As in Qdrant they hold settings, indexes and points, and no alias; unlike there they are a text of ours. */
export class QdrantSnapshots {
  /** By collection and name. */
  private readonly kept = new Map<string, Buffer>();

  constructor(private readonly collections: QdrantCollections) {}

  /** The file of a download, the `result` of another call, and undefined for what is not about snapshots. */
  async answer(asked: SnapshotCall): Promise<Buffer | { readonly result: unknown } | undefined> {
    const [, method, ofCollection = '', ofSnapshot] = paths.exec(asked.call) ?? [];
    const collection = decodeURIComponent(ofCollection);
    const name = ofSnapshot && decodeURIComponent(ofSnapshot);
    const key = `${collection}/${name}`;
    if (method === 'POST' && name === undefined) return { result: results.snapshot.parse(this.take(collection)) };
    if (method === 'POST' && name === 'upload') return { result: await this.restore(collection, asked) };
    if (method === 'GET' && name !== undefined) return this.found(key);
    if (method !== 'DELETE' || name === undefined) return undefined;
    this.found(key);
    return { result: this.kept.delete(key) };
  }

  private take(collection: string) {
    const file = Buffer.from(JSON.stringify(this.collections.named(collection).dump()));
    const name = `${collection}-${randomUUID()}.snapshot`;
    this.kept.set(`${collection}/${name}`, file);
    return { name, creation_time: new Date().toISOString().slice(0, 19), size: file.length, checksum: sha256(file) };
  }

  private async restore(collection: string, { query, contentType, body }: SnapshotCall): Promise<boolean> {
    const { checksum } = snapshotUpload.parse(Object.fromEntries(query));
    const form = await new Response(new Uint8Array(body), { headers: { 'content-type': contentType } }).formData();
    const sent = form.get('snapshot');
    if (!(sent instanceof File)) throw new QdrantRefusal(400, 'Field `snapshot` is required');
    const file = Buffer.from(await sent.arrayBuffer());
    if (checksum !== undefined && checksum !== sha256(file))
      throw new QdrantRefusal(
        400,
        `Wrong input: Snapshot checksum mismatch: expected ${checksum}, got ${sha256(file)}`,
      );
    this.collections.byName.set(collection, QdrantCollection.from(file.toString('utf8')));
    return true;
  }

  private found(key: string): Buffer {
    const file = this.kept.get(key);
    if (!file) throw new QdrantRefusal(404, `Not found: Snapshot ${key} not found`);
    return file;
  }
}

const sha256 = (file: Buffer) => createHash('sha256').update(file).digest('hex');
