import type { CandidateLists } from './candidate-lists.js';
import type { Dataset } from './dataset.js';
import type { Ranked } from './fuse.js';
import type { ChunkInContext } from './ports.js';
import type { FoundChunk, SearchParts, SearchWork } from './search-answer.js';

/** Reads what was found from PostgreSQL, which knows what may still be shown, and orders it once more where a model does that. */
export class ReadChunks {
  constructor(private readonly parts: Pick<SearchParts, 'chunks' | 'models'>) {}

  async read({ datasets, stages }: SearchWork, fused: Ranked, lists: CandidateLists): Promise<FoundChunk[]> {
    return stages.time('chunks', async () => {
      const ids = fused.map(({ id }) => id);
      const rows = await this.parts.chunks.inContext(datasets, ids);
      const byId = new Map(rows.map((row) => [row.id, row]));
      const parents = await this.parents(datasets, rows);
      const seen = new Set<string>();
      return fused.flatMap(({ id, score }) => {
        const row = byId.get(id);
        // Of the parts of one whole the best stands for all.
        if (!row || (row.parentId && seen.has(row.parentId))) return [];
        seen.add(row.parentId);
        const datasetName = datasets.find((dataset) => dataset.id === row.datasetId)?.name ?? '';
        const parent = parents.get(row.parentId);
        return [{ ...row, datasetName, score, scores: lists.scoresOf(id), neighbours: [], ...(parent && { parent }) }];
      });
    });
  }

  async rerank(work: SearchWork, found: readonly FoundChunk[]): Promise<readonly FoundChunk[]> {
    const { question, settings, stages, trouble } = work;
    const { rerank, candidates } = settings;
    const asked = found.slice(0, candidates);
    if (!rerank || asked.length === 0) return found;
    let ranked = found;
    await trouble.attempt(async () => {
      const texts = asked.map(({ content, answer, parent }) =>
        [parent?.content ?? content, answer].filter(Boolean).join('\n'),
      );
      const ranking = await stages.time('rerank', () =>
        this.parts.models.rerank(question.call, rerank, question.query, texts),
      );
      ranked = ranking.flatMap(({ index, score }) => {
        const chunk = asked[index];
        return chunk ? [{ ...chunk, score, scores: { ...chunk.scores, reranked: score } }] : [];
      });
    });
    return ranked;
  }

  async withNeighbours(work: SearchWork, best: readonly FoundChunk[]): Promise<readonly FoundChunk[]> {
    const { neighbours } = work.question;
    if (neighbours === 0) return best;
    const around = async (chunk: FoundChunk) => {
      const dataset = work.datasets.find(({ id }) => id === chunk.datasetId);
      return { ...chunk, neighbours: dataset ? await this.parts.chunks.around(dataset, chunk, neighbours) : [] };
    };
    return work.stages.time('neighbours', () => Promise.all(best.map(around)));
  }

  private async parents(datasets: readonly Dataset[], rows: readonly ChunkInContext[]) {
    const found = await Promise.all(
      datasets.map(async (dataset) => {
        const mine = rows.filter(({ datasetId, parentId }) => datasetId === dataset.id && parentId);
        const ids = mine.map(({ parentId }) => parentId);
        return ids.length > 0 ? this.parts.chunks.parents(dataset, ids) : [];
      }),
    );
    return new Map(found.flat().map((parent) => [parent.id, parent]));
  }
}
