// The figures as tables.

export function printReport({ source, versions, machine, quality, speed, qdrant }) {
  console.log(`${source}; ${versions.embeddings}; Treadle ${versions.treadle}, Node ${versions.node}`);
  console.log(
    `${machine.cpus} x ${machine.model}, ${mb(machine.memoryBytes)}, load ${machine.loadAverage.toFixed(1)}\n`,
  );
  if (quality) printQuality(quality);
  if (speed) printSpeed(speed);
  if (qdrant) printQdrant(qdrant);
}

function printQuality({ split, documents, questions, rows }) {
  console.log(
    `Quality: ${questions} questions about ${documents} entries, one of which is the answer (${split} sample)`,
  );
  table(
    ['', 'recall@10', '±', 'nDCG@10', 'first', 'median ms'],
    rows.map(({ name, recall, margin, ndcg, first, medianMs }) => [
      name,
      ...[recall, margin, ndcg, first].map((share) => share.toFixed(3)),
      medianMs.toFixed(1),
    ]),
  );
}

function printSpeed({ chunks, dimensions, indexedMs, loadMs, memory, rows }) {
  console.log(`Speed: ${chunks} chunks of ${dimensions} dimensions in the embedded store, one search at a time`);
  table(
    ['', 'median ms', 'p95 ms', 'quietest ms', 'cpu ms', 'store ms by stage'],
    rows.map(({ method, medianMs, p95Ms, quietestMs, cpuMs, stageMedianMs }) => [
      method,
      ...[medianMs, p95Ms, quietestMs, cpuMs].map((milliseconds) => milliseconds.toFixed(1)),
      Object.entries(stageMedianMs)
        .map(([stage, milliseconds]) => `${stage} ${milliseconds.toFixed(1)}`)
        .join(', '),
    ]),
  );
  console.log(`indexed in ${(indexedMs / 1000).toFixed(0)} s, first load ${loadMs.toFixed(0)} ms`);
  console.log(
    `memory: process ${mb(memory.rssBytes)}, grown by ${mb(memory.grownBytes)}; the store counts ${mb(memory.storeBytes)} for vectors and words\n`,
  );
}

function printQdrant(qdrant) {
  if (qdrant.leftOut) return void console.log(`Qdrant: ${qdrant.leftOut}`);
  console.log(`Settings of Qdrant beside the exact search: ${qdrant.points} points, ${qdrant.queries} questions`);
  table(
    ['', 'overlap@10', 'worst', 'median ms', 'p95 ms'],
    qdrant.rows.map(({ name, overlap, worstOverlap, medianMs, p95Ms }) => [
      name,
      ...[overlap, worstOverlap].map((share) => share.toFixed(3)),
      ...[medianMs, p95Ms].map((milliseconds) => milliseconds.toFixed(1)),
    ]),
  );
}

function table(head, rows) {
  const lines = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  for (const line of lines)
    console.log(
      line.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join('  '),
    );
  console.log('');
}

const mb = (bytes) => `${(bytes / 1024 / 1024).toFixed(0)} MB`;
