import type { IndexRef, StoredPoint } from '../../domain/vector-store.js';
import type { PointPage } from './packed-page.js';

/** The points of an index as the truth has them. */
export interface PointSource {
  /**
   * What was committed after a revision of the index, in pages of bounded size, points with the vectors they have now. Everything up to
   * `index.revision` at least; later commits may be in it.
   * `undefined` when too much has been forgotten since then to tell what is gone: read it anew from 0.
   */
  changes(index: IndexRef, since: number): Promise<AsyncIterable<PointPage> | undefined>;
  count(index: IndexRef): Promise<number>;
  /** Points in the order of their ids, those after `after`; only of one document if one is named. */
  scroll(index: IndexRef, after: string, limit: number, documentId?: string): Promise<StoredPoint[]>;
}
