/** Counts work under way, so that closing can wait for it. */
export class Running {
  #count = 0;
  #waiting: (() => void)[] = [];

  async track<T>(work: () => Promise<T>): Promise<T> {
    this.#count++;
    try {
      return await work();
    } finally {
      this.#count--;
      if (this.#count === 0) this.#waiting.splice(0).forEach((resolve) => resolve());
    }
  }

  /** Resolves when nothing runs. */
  async drained(): Promise<void> {
    if (this.#count === 0) return;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}

/** Waits until the work has ended, well or not, but no longer than this. */
export async function settledWithin(work: Promise<unknown>, milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([work.then(nothing, nothing), patience]);
  clearTimeout(timer);
}

const nothing = () => undefined;
