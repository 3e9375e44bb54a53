// How good the answers are: recall and nDCG of every way to search, with questions whose answer is known.
import { fill, search } from './service.mjs';

export const ways = [
  { name: 'semantic', settings: { method: 'semantic' } },
  { name: 'full text', settings: { method: 'full_text' } },
  { name: 'hybrid, ranks', settings: { method: 'hybrid', fusion: 'reciprocal_rank' } },
  { name: 'hybrid, weights (default)', settings: { method: 'hybrid' } },
];
const top = 10;

/** Indexes the documents and asks every question in every way. One document answers a question. */
export async function measureQuality({ controllers }, { documents, questions }, extra) {
  const startedAt = performance.now();
  const dataset = await fill(
    controllers,
    'entry',
    documents.map(({ text }) => text),
  );
  const indexedMs = performance.now() - startedAt;
  const idOf = new Map(documents.map(({ id }, place) => [id, dataset.documents[place]]));
  const rows = [];
  for (const { name, settings } of [...ways, ...extra]) {
    const places = [];
    const took = [];
    for (const { text, answer } of questions) {
      const askedAt = performance.now();
      const { chunks, degraded } = await search(controllers, dataset.id, text, { ...settings, top_k: top });
      took.push(performance.now() - askedAt);
      if (degraded) throw new Error(`${name}: ${degraded}`);
      places.push(chunks.findIndex(({ documentId }) => documentId === idOf.get(answer)));
    }
    rows.push({ name, settings, ...measuresOf(places), medianMs: took.sort((a, b) => a - b)[took.length >> 1] });
    console.error(`${name}: done`);
  }
  return { documents: documents.length, questions: questions.length, indexedMs, rows };
}

/** @param places of the answer among the best ten, from 0; -1 where it is not among them. */
function measuresOf(places) {
  const mean = (score) => places.reduce((sum, place) => sum + (place < 0 ? 0 : score(place)), 0) / places.length;
  const recall = mean(() => 1);
  return {
    recall,
    ndcg: mean((place) => 1 / Math.log2(place + 2)),
    first: mean((place) => (place === 0 ? 1 : 0)),
    // Of the recall, 95 in 100 times.
    margin: 1.96 * Math.sqrt((recall * (1 - recall)) / places.length),
  };
}
