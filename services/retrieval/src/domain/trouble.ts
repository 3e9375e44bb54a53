import { failureKind, toFailure } from '@treadle/failure';
import type { Trouble } from './search-answer.js';

/** Collects the world's trouble, each sentence once. Every other failure is the caller's or ours. */
export class CollectedTrouble implements Trouble {
  private readonly found = new Set<string>();

  get sentences(): readonly string[] {
    return [...this.found];
  }

  async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const { code, message } = toFailure(error);
      if (failureKind(code) !== 'world' && code !== 'model_not_found') throw error;
      this.found.add(message);
    }
  }
}
