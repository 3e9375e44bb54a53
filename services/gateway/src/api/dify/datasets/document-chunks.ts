import type { Chunk, SaveChunkRequest } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import type { Datasets } from '../../../domain/ports.js';
import { told } from './found.js';

/** Which document a request is about. */
export interface DocumentPlace {
  readonly tenantId: string;
  readonly datasetId: string;
  readonly documentId: string;
}

interface Asked {
  readonly page: number;
  readonly limit: number;
  readonly keyword: string;
}

/** The chunks of documents as Dify tells them apart: segments, and child chunks that are parts of a segment. */
export class DifyDocumentChunks {
  constructor(private readonly datasets: Datasets) {}

  async document(place: DocumentPlace) {
    return told((await this.datasets.getDocument(place)).document);
  }

  async docForm({ tenantId, datasetId }: DocumentPlace) {
    return told((await this.datasets.getDataset({ tenantId, datasetId })).dataset).chunkingJson;
  }

  segments(place: DocumentPlace, asked: Asked) {
    return this.datasets.listChunks({ ...place, ...asked, cursor: '', parentIds: [], wholesOnly: true });
  }

  /** @throws FailureError `not_found` for a child chunk too, which is no segment */
  async segment(place: DocumentPlace, chunkId: string): Promise<Chunk> {
    const chunk = told((await this.datasets.getChunk({ ...place, chunkId })).chunk);
    if (chunk.parentId !== '') throw missing('segment', chunkId);
    return chunk;
  }

  async children(place: DocumentPlace, segmentId: string, asked: Asked) {
    await this.segment(place, segmentId);
    return this.datasets.listChunks({ ...place, ...asked, cursor: '', parentIds: [segmentId], wholesOnly: false });
  }

  async child(place: DocumentPlace, segmentId: string, chunkId: string): Promise<Chunk> {
    const chunk = told((await this.datasets.getChunk({ ...place, chunkId })).chunk);
    if (chunk.parentId !== segmentId) throw missing('child chunk', chunkId);
    return chunk;
  }

  /** Every part of some segments. */
  async allChildren(place: DocumentPlace, segments: readonly Chunk[]): Promise<Chunk[]> {
    const found: Chunk[] = [];
    if (segments.length === 0) return found;
    const which = { parentIds: segments.map(({ id }) => id), wholesOnly: false, keyword: '', page: 0, limit: 100 };
    for (let cursor = ''; ; ) {
      const { chunks, nextCursor } = await this.datasets.listChunks({ ...place, ...which, cursor });
      found.push(...chunks);
      if (nextCursor === '') return found;
      cursor = nextCursor;
    }
  }

  async save(place: DocumentPlace, given: Partial<SaveChunkRequest>): Promise<Chunk> {
    return told((await this.datasets.saveChunk({ chunkId: '', parentId: '', ...given, ...place })).chunk);
  }

  async delete(place: DocumentPlace, chunkId: string): Promise<void> {
    await this.datasets.deleteChunk({ ...place, chunkId });
  }
}

function missing(what: string, id: string): FailureError {
  return FailureError.of('not_found', `There is no ${what} ${id.slice(0, 100)}.`);
}
