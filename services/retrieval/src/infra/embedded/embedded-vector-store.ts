import type {
  Generations,
  Hit,
  IndexName,
  IndexRef,
  StoredPoint,
  VectorQuery,
  VectorSpace,
  VectorStore,
} from '../../domain/vector-store.js';
import { BlockGenerations, blockName } from './block-generations.js';
import { type PointPage, packPage } from './packed-page.js';
import type { PointSource } from './point-source.js';
import { VectorsThread } from './vectors-thread.js';

/** What is known here of a block that the thread holds. */
interface Block {
  /** What the thread calls it. */
  readonly key: string;
  readonly space: VectorSpace;
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
 * whenever a search names a newer revision: so writes need no message to any replica, and a search sees every write before it. A generation
 * is a set of blocks of its own, read anew; it is filled by being searched.
 */
export class EmbeddedVectorStore implements VectorStore {
  readonly name = 'embedded';
  readonly isTold = false;
  private readonly blocks = new Map<string, Block>();
  private readonly thread = new VectorsThread(() => this.blocks.clear());
  private readonly spaces = new BlockGenerations();
  private clock = 0;
  private lastKey = 0;

  constructor(private readonly options: EmbeddedVectorStoreOptions) {}

  /** What its indexes take: vectors in WebAssembly memory, and their words. */
  get bytes(): number {
    return [...this.blocks.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Nothing to do: what PostgreSQL has is read at the next search. The same holds for every other write. */
  async prepare(): Promise<void> {}
  async upsert(): Promise<void> {}
  async remove(): Promise<void> {}
  async describe(): Promise<void> {}

  understands(): boolean {
    return true;
  }

  async search(index: IndexRef, { probe, limit, filter, documentIds, ids, signal }: VectorQuery): Promise<Hit[]> {
    const { key } = await this.readBlock(index);
    signal?.throwIfAborted();
    const query = { probe, limit, filter, documentIds, ids };
    const { hits } = await this.thread.ask({ call: 'search', index: key, query });
    return [...hits];
  }

  async count(index: IndexRef): Promise<number> {
    if (index.generation === undefined) return this.options.source.count(index);
    const { key } = await this.readBlock(index);
    return (await this.thread.ask({ call: 'count', index: key })).points;
  }

  scroll(index: IndexRef, after: string, limit: number, documentId?: string): Promise<StoredPoint[]> {
    return this.options.source.scroll(index, after, limit, documentId);
  }

  async indexes(): Promise<IndexName[]> {
    return [];
  }

  async generations(space: VectorSpace): Promise<Generations> {
    return this.spaces.of(space);
  }

  async begin(space: VectorSpace): Promise<string> {
    return this.spaces.begin(space);
  }

  /** Blocks that are not read yet are read when they are searched. */
  async serve(space: VectorSpace, generation: string): Promise<void> {
    const swaps = this.spaces.serve(space, generation, this.blocks.keys(), (name) => this.blocks.get(name)?.space);
    const old = swaps.map(({ from, to }) => {
      const [served, fresh] = [this.blocks.get(to), this.blocks.get(from)];
      this.blocks.delete(from);
      this.blocks.delete(to);
      if (fresh) this.blocks.set(to, fresh);
      return served;
    });
    await this.closeBlocks(old);
  }

  async discard(space: VectorSpace, generation: string): Promise<void> {
    const names = this.spaces.discard(space, generation, this.blocks.keys());
    const gone = names.map((name) => this.blocks.get(name));
    for (const name of names) this.blocks.delete(name);
    await this.closeBlocks(gone);
  }

  async isReady(): Promise<boolean> {
    return true;
  }

  close(): Promise<void> {
    return this.thread.close();
  }

  /** The block of an index, at its revision, held until something is awaited. */
  private async readBlock(index: IndexRef): Promise<Block> {
    let block = this.blockOf(index);
    await this.read(index, block);
    // Let go or replaced between its reading and now: from here to the question nothing else can happen.
    while (this.blocks.get(blockName(index)) !== block) {
      block = this.blockOf(index);
      await this.read(index, block);
    }
    return block;
  }

  private blockOf(index: IndexRef): Block {
    const name = blockName(index);
    const block = this.blocks.get(name) ?? {
      key: this.newKey(),
      space: index.space,
      revision: -1,
      bytes: 0,
      isSparse: false,
      usedAt: 0,
      reading: undefined,
    };
    this.blocks.set(name, block);
    this.clock += 1;
    block.usedAt = this.clock;
    return block;
  }

  /** Brings a block up to the revision that is asked for. One reading at a time; whoever comes meanwhile looks again after it. */
  private async read(index: IndexRef, block: Block): Promise<void> {
    while (block.reading) await block.reading;
    // Let go or replaced while it was waited for: its caller looks again.
    if (this.blocks.get(blockName(index)) !== block) return;
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
      await this.thread.ask({ call: 'open', index: block.key, dimensions: lengthOf(index) });
    }
    for await (const page of changes ?? (await source.changes(index, 0)) ?? [])
      Object.assign(block, await this.apply(index, block, page));
    block.revision = index.revision;
    await this.letGo(block);
  }

  private async apply(index: IndexRef, { key }: Block, points: PointPage) {
    const page = packPage(points, lengthOf(index));
    const { bytes, isSparse } = await this.thread.ask({ call: 'apply', index: key, page });
    return { bytes, isSparse };
  }

  private newKey(): string {
    this.lastKey += 1;
    return String(this.lastKey);
  }

  private async closeBlocks(blocks: readonly (Block | undefined)[]): Promise<void> {
    for (const block of blocks) {
      await block?.reading?.catch(() => undefined);
      if (block && block.revision >= 0) await this.thread.ask({ call: 'close', index: block.key });
    }
  }

  /** Closes blocks until the rest fits, never the one in use. */
  private async letGo(inUse: Block): Promise<void> {
    while (this.bytes > this.options.maxBytes) {
      const idle = [...this.blocks].filter(([, block]) => block !== inUse && !block.reading && block.bytes > 0);
      const [oldest] = idle.sort(([, a], [, b]) => a.usedAt - b.usedAt);
      if (!oldest) return;
      this.blocks.delete(oldest[0]);
      await this.thread.ask({ call: 'close', index: oldest[1].key });
    }
  }
}

/** A dataset without a model has no vectors, which are kept as zeros. */
const lengthOf = ({ space }: IndexRef) => Math.max(1, space.dimensions);
