// What settings of Qdrant miss beside the exact search, and how long they take.
import { comparedSettings, compareSettings } from '../../services/retrieval/dist/infra/qdrant/compare-settings.js';
import { quantile } from '../quantile.mjs';

/** @param models whose vectors the points and the questions have. */
export async function measureQdrant(models, texts, questions) {
  const { QDRANT_URL: url, QDRANT_API_KEY: apiKey } = process.env;
  if (!url) return { leftOut: `left out (${comparedSettings.length} settings), since QDRANT_URL names no server.` };
  const access = { url, timeoutMs: 60_000, ...(apiKey && { apiKey }) };
  const vectorsOf = async (some) =>
    (await models.embed({ texts: some })).embeddings.map(({ values }) => Float32Array.from(values));
  const [vectors, queries] = [await vectorsOf(texts), await vectorsOf(questions)];
  const rows = await compareSettings({ access, vectors, queries });
  return {
    points: vectors.length,
    queries: queries.length,
    rows: rows.map(({ setting, overlap, worstOverlap, milliseconds }) => ({
      name: nameOf(setting),
      ...{ setting, overlap, worstOverlap },
      ...{ medianMs: quantile(milliseconds, 0.5), p95Ms: quantile(milliseconds, 0.95) },
    })),
  };
}

function nameOf({ quantization, hnswEf, rescore, oversampling }) {
  if (quantization === 'none') return `no quantisation, hnsw_ef ${hnswEf}`;
  return `int8, hnsw_ef ${hnswEf}, ${rescore ? `scored again, oversampling ${oversampling}` : 'not scored again'}`;
}
