import type { DocumentPayload, IndexRef, Point, PointSelection, StoredPoint } from '../../domain/vector-store.js';
import type { PointPage } from './packed-page.js';
import type { PointSource } from './point-source.js';

interface Kept {
  revision: number;
  readonly points: Map<string, { readonly at: number; readonly point: Point }>;
  readonly documents: Map<string, { readonly at: number; readonly document: DocumentPayload }>;
  readonly removed: { readonly at: number; readonly id: string }[];
}

interface Commit {
  readonly points?: readonly Point[];
  readonly documents?: readonly DocumentPayload[];
  readonly remove?: PointSelection;
}

/** The truth in memory: what PostgreSQL does for the embedded store, for specs and for measuring. */
export class MemoryPointSource implements PointSource {
  /** How often an index was read from its beginning. */
  readings = 0;
  private readonly indexes = new Map<string, Kept>();

  /** Writes at the next revision; gives the index at that revision. */
  commit(index: IndexRef, { points = [], documents = [], remove }: Commit): IndexRef {
    const kept = this.of(index);
    kept.revision += 1;
    const at = kept.revision;
    for (const document of documents) kept.documents.set(document.documentId, { at, document });
    for (const point of points) kept.points.set(point.id, { at, point });
    for (const { id } of remove ? [...kept.points.values()].map(({ point }) => point).filter(selects(remove)) : []) {
      kept.points.delete(id);
      kept.removed.push({ at, id });
    }
    return { ...index, revision: at };
  }

  async changes(index: IndexRef, since: number): Promise<AsyncIterable<PointPage>> {
    if (since === 0) this.readings += 1;
    const { points, documents, removed } = this.of(index);
    const page: PointPage = {
      points: [...points.values()].filter(({ at }) => at > since).map(({ point }) => point),
      documents: [...documents.values()].filter(({ at }) => at > since).map(({ document }) => document),
      removed: removed.filter(({ at }) => at > since).map(({ id }) => id),
    };
    return pagesOf(page);
  }

  async count(index: IndexRef): Promise<number> {
    return this.of(index).points.size;
  }

  async scroll(index: IndexRef, after: string, limit: number, documentId?: string): Promise<StoredPoint[]> {
    const { points, documents } = this.of(index);
    const found = [...points.values()]
      .map(({ point }) => point)
      .filter((point) => point.id > after && (documentId === undefined || point.documentId === documentId))
      .sort((a, b) => (a.id < b.id ? -1 : 1));
    return found.slice(0, limit).map((point) => {
      const changedAt = documents.get(point.documentId)?.document.changedAt ?? 0;
      return { id: point.id, documentId: point.documentId, version: point.version, changedAt };
    });
  }

  private of({ indexId }: IndexRef): Kept {
    const kept = this.indexes.get(indexId) ?? { revision: 0, points: new Map(), documents: new Map(), removed: [] };
    this.indexes.set(indexId, kept);
    return kept;
  }
}

function selects(selection: PointSelection): (point: Point) => boolean {
  if ('all' in selection) return () => true;
  if ('ids' in selection) return ({ id }) => selection.ids.includes(id);
  return ({ documentId }) => selection.documentIds.includes(documentId);
}

const pagePoints = 1000;

/** Documents before the points that belong to them. */
async function* pagesOf({ points, documents, removed }: PointPage): AsyncIterable<PointPage> {
  yield { points: [], documents, removed };
  for (let at = 0; at < points.length; at += pagePoints)
    yield { points: points.slice(at, at + pagePoints), documents: [], removed: [] };
}
