import type { Hit, IndexRef, StoredPoint, VectorQuery, VectorStore } from '../../domain/vector-store.js';
import { type PointPage, packPage } from './packed-page.js';
import type { PointSource } from './point-source.js';
import { VectorsThread } from './vectors-thread.js';

/** What is known here of a block that the thread holds. */
interface Block {
  /** The revision up to which the block is read; less than 0 before it is opened. */
  revision: number;
  bytes: number;
  isSparse: boolean;
  /** When it was last asked, for what to let go first. */
  usedAt: number;
  /** The reading under way, if any. */
  reading: Promise<void> | undefined;
}

export interface EmbeddedVectorStoreOptions {
  readonly source: PointSource;
  /** What all indexes in memory may hold together; those asked longest ago are let go first. */
  readonly maxBytes: number;
}

/**
 * Exact search in memory over points that PostgreSQL keeps. It reads an index when it is first searched, and what has changed since then
 * whenever a search names a newer revision: so writes need no message to any replica, and a search sees every write before it.
 */
export class EmbeddedVectorStore implements VectorStore {
  readonly name = 'embedded';
  private readonly blocks = new Map<string, Block>();
  private readonly thread = new VectorsThread(() => this.blocks.clear());
  private clock = 0;

  constructor(private readonly options: EmbeddedVectorStoreOptions) {}

  /** Nothing to do: what PostgreSQL has is read at the next search. The same holds for every other write. */
  async prepare(): Promise<void> {}
  async upsert(): Promise<void> {}
  async remove(): Promise<void> {}
  async describe(): Promise<void> {}

  understands(): boolean {
    return true;
  }

  async search(index: IndexRef, { probe, limit, filter, documentIds, ids, signal }: VectorQuery): Promise<Hit[]> {
    let block = this.blockOf(index);
    await this.read(index, block);
    // Let go between its reading and now: from here to the question nothing else can happen.
    while (this.blocks.get(index.indexId) !== block) {
      block = this.blockOf(index);
      await this.read(index, block);
    }
    signal?.throwIfAborted();
    const query = { probe, limit, filter, documentIds, ids };
    const { hits } = await this.thread.ask({ call: 'search', index: index.indexId, query });
    return [...hits];
  }

  count(index: IndexRef): Promise<number> {
    return this.options.source.count(index);
  }

  scroll(index: IndexRef, after: string, limit: number): Promise<StoredPoint[]> {
    return this.options.source.scroll(index, after, limit);
  }

  async isReady(): Promise<boolean> {
    return true;
  }

  close(): Promise<void> {
    return this.thread.close();
  }

  private blockOf({ indexId }: IndexRef): Block {
    const block = this.blocks.get(indexId) ?? {
      revision: -1,
      bytes: 0,
      isSparse: false,
      usedAt: 0,
      reading: undefined,
    };
    this.blocks.set(indexId, block);
    this.clock += 1;
    block.usedAt = this.clock;
    return block;
  }

  /** Brings a block up to the revision that is asked for. One reading at a time; whoever comes meanwhile looks again after it. */
  private async read(index: IndexRef, block: Block): Promise<void> {
    while (block.reading) await block.reading;
    if (block.revision >= index.revision) return;
    block.reading = this.readOn(index, block).finally(() => {
      block.reading = undefined;
    });
    await block.reading;
  }

  private async readOn(index: IndexRef, block: Block): Promise<void> {
    const { source } = this.options;
    const isNew = block.revision < 0 || block.isSparse;
    const changes = isNew ? undefined : await source.changes(index, block.revision);
    if (!changes) {
      block.revision = -1;
      await this.thread.ask({ call: 'open', index: index.indexId, dimensions: lengthOf(index) });
    }
    for await (const page of changes ?? (await source.changes(index, 0)) ?? [])
      Object.assign(block, await this.apply(index, page));
    block.revision = index.revision;
    await this.letGo(block);
  }

  private async apply(index: IndexRef, points: PointPage) {
    const page = packPage(points, lengthOf(index));
    const { bytes, isSparse } = await this.thread.ask({ call: 'apply', index: index.indexId, page });
    return { bytes, isSparse };
  }

  /** Closes blocks until the rest fits, never the one in use. */
  private async letGo(inUse: Block): Promise<void> {
    const total = () => [...this.blocks.values()].reduce((sum, { bytes }) => sum + bytes, 0);
    while (total() > this.options.maxBytes) {
      const idle = [...this.blocks].filter(([, block]) => block !== inUse && !block.reading && block.bytes > 0);
      const [oldest] = idle.sort(([, a], [, b]) => a.usedAt - b.usedAt);
      if (!oldest) return;
      this.blocks.delete(oldest[0]);
      await this.thread.ask({ call: 'close', index: oldest[0] });
    }
  }
}

/** A dataset without a model has no vectors, which are kept as zeros. */
const lengthOf = ({ space }: IndexRef) => Math.max(1, space.dimensions);
