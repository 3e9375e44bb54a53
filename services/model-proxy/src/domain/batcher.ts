interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Sends items together: one batch is under way at a time, and the next takes whatever came in the meantime. Under load the cost of a commit is
 * shared; alone, an item does not wait for company, unless the batcher lingers for items that nobody waits for.
 */
export class Batcher<Item, Result> {
  private waiting: Waiting<Item, Result>[] = [];
  private running: Promise<void> | undefined;
  private hurry: (() => void) | undefined;

  /** `send` answers in the order of the items, or fails for all of them. */
  constructor(
    private readonly send: (items: readonly Item[]) => Promise<readonly Result[]>,
    private readonly maxItems: number,
    private readonly lingerMs = 0,
  ) {}

  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, resolve, reject });
      this.running ??= this.run();
      if (this.waiting.length >= this.maxItems) this.hurry?.();
    });
  }

  /** Resolves when nothing is waiting or under way; whatever waits for company goes at once. */
  async idle(): Promise<void> {
    while (this.running) {
      this.hurry?.();
      await this.running;
    }
  }

  private async run(): Promise<void> {
    while (this.waiting.length > 0) {
      await this.company();
      await this.sendBatch(this.waiting.splice(0, this.maxItems));
    }
    this.running = undefined;
  }

  private async company(): Promise<void> {
    // One turn, so that calls made in the same turn go together.
    if (this.lingerMs === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.lingerMs);
      this.hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.hurry = undefined;
  }

  private async sendBatch(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await this.send(batch.map(({ item }) => item));
      batch.forEach(({ resolve }, index) => {
        resolve(results[index] as Result);
      });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
