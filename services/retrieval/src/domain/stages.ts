export type Stage =
  | 'datasets'
  | 'filter'
  | 'embed'
  | 'semantic'
  | 'full_text'
  | 'complete'
  | 'fallback'
  | 'fuse'
  | 'chunks'
  | 'rerank'
  | 'neighbours';

/** How long each stage of a search took, in the order in which they ended. */
export class Stages {
  readonly timings: { readonly stage: Stage; readonly milliseconds: number }[] = [];

  async time<T>(stage: Stage, work: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    try {
      return await work();
    } finally {
      this.timings.push({ stage, milliseconds: Math.round((performance.now() - startedAt) * 100) / 100 });
    }
  }
}
