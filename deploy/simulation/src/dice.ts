import type { Random } from '@treadle/testing/drawing';

/** Chance, as it follows from a seed. */
export class Dice {
  constructor(private readonly random: Random) {}

  /** True with this probability (0 to 1). */
  chance(probability: number): boolean {
    return this.random() < probability;
  }

  /** A whole number, both ends included. */
  between(from: number, to: number): number {
    return from + Math.floor(this.random() * (to - from + 1));
  }

  /** One of them; `undefined` when there is none. */
  pick<Item>(items: readonly Item[]): Item | undefined {
    return items[Math.floor(this.random() * items.length)];
  }
}
