/** Writes a batch and says of each item whether it was written, in the same order. */
export type WriteBatch<Item> = (items: readonly Item[]) => Promise<readonly boolean[]>;

interface Waiting<Item> {
  readonly item: Item;
  readonly resolve: (written: boolean) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Collects what arrives while a write is under way and writes it together: the cost of a disk sync is shared under load, and
 * alone nobody waits for company. Items are written in the order they came.
 */
export class GroupCommit<Item> {
  private waiting: Waiting<Item>[] = [];
  private writing = false;

  /** @param maxItems most items in one write */
  constructor(
    private readonly write: WriteBatch<Item>,
    private readonly maxItems: number,
  ) {}

  /** Items that wait for their write. */
  get size(): number {
    return this.waiting.length;
  }

  /** Resolves when the write that holds the item is over, with whether the item was written. */
  append(item: Item): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, resolve, reject });
      // Whoever comes in the same turn of the event loop shares the write.
      if (this.waiting.length === 1) queueMicrotask(() => void this.drain());
    });
  }

  private async drain(): Promise<void> {
    if (this.writing) return;
    this.writing = true;
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0, this.maxItems);
      await this.writeBatch(batch);
    }
    this.writing = false;
  }

  private async writeBatch(batch: readonly Waiting<Item>[]): Promise<void> {
    try {
      const written = await this.write(batch.map((waiting) => waiting.item));
      batch.forEach((waiting, index) => waiting.resolve(written[index] ?? false));
    } catch (error) {
      if (batch.length === 1 || isOutage(error)) for (const waiting of batch) waiting.reject(error);
      // One item that the database will not take must not keep the others out.
      else for (const waiting of batch) await this.writeBatch([waiting]);
    }
  }
}

function isOutage(error: unknown): boolean {
  return error instanceof Error && 'failure' in error;
}
