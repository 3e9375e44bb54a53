// The retrieval service as it is, in this process: embedded PostgreSQL, the store that is given, vectors of the local model.
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEmbeddedPostgres } from '../../libs/embedded-postgres/dist/index.js';
import { MemoryFileStore } from '../../libs/files/dist/index.js';
import { InProcessBus } from '../../libs/messaging/dist/index.js';
import { createPool } from '../../libs/persistence/dist/index.js';
import { ModelProxy, modelProxyConfig } from '../../services/model-proxy/dist/index.js';
import { SoftTermsReranker } from '../../services/model-proxy/dist/providers/local/soft-terms-reranker.js';
import { Retrieval, retrievalConfig, retrievalSchema } from '../../services/retrieval/dist/index.js';
import { EmbeddedVectorStore } from '../../services/retrieval/dist/infra/embedded/embedded-vector-store.js';
import { PgPointSource } from '../../services/retrieval/dist/infra/pg-point-source.js';

export const tenantId = 'bench';
export const dimensions = 512;
const log = { info() {}, warn() {}, error: (facts, message) => console.error(message, facts) };
/** Nothing is given up because the machine is busy. */
const patient = {
  TREADLE_VECTOR_STORE_TIMEOUT_MS: '60000',
  TREADLE_SEARCH_TIMEOUT_MS: '600000',
  TREADLE_INDEX_POLL_MS: '100',
};
const noOne = { deadlineUnixMs: 0, runId: '', nodeKey: '', workflowId: '', apiKeyId: '', traceparent: '' };

/** A database and a service on it. `stop` leaves nothing behind. */
export async function startService(models) {
  const dataDir = mkdtempSync(join(tmpdir(), 'treadle-bench-'));
  const database = await startEmbeddedPostgres({ dataDir: join(dataDir, 'postgres') });
  const pool = createPool(database.connectionString, { schema: retrievalSchema });
  const config = retrievalConfig.read(patient);
  const store = new EmbeddedVectorStore({ source: new PgPointSource(pool), maxBytes: config.embeddedStoreBytes });
  const files = new MemoryFileStore();
  const retrieval = new Retrieval({ config, pool, bus: new InProcessBus({ log }), files, models, log, store });
  await retrieval.start();
  const stop = async () => {
    await retrieval.stop();
    await pool.end();
    await database.stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
  return { store, pool, controllers: retrieval.controllers, stop };
}

/** Makes a dataset of texts and waits until they are found. @returns its id and the ids of its documents, in order. */
export async function fill({ datasets }, name, texts, chunking = {}) {
  const none = { description: '', embeddingProvider: 'local', embeddingModel: 'embeddings-en' };
  const given = { searchJson: '', metadataFieldsJson: '', chunkingJson: JSON.stringify(chunking) };
  const { dataset } = await datasets.createDataset({ tenantId, name, ...none, ...given });
  const documents = [];
  const source = { source: 'text', sourceName: '', metadataJson: '', fileId: '', mediaType: '' };
  for (const [place, text] of texts.entries()) {
    const request = { tenantId, datasetId: dataset.id, name: `${name} ${place}`, text, ...source };
    documents.push((await datasets.createDocument(request)).document.id);
  }
  for (const documentId of documents)
    for (;;) {
      const { document } = await datasets.getDocument({ tenantId, datasetId: dataset.id, documentId });
      if (document.error) throw new Error(document.error);
      if (document.status === 'completed') break;
      await sleep(50);
    }
  return { id: dataset.id, documents };
}

/** One search of a dataset with some settings. */
export function search({ retrieval }, datasetId, query, settings) {
  const request = { tenantId, datasetIds: [datasetId], query, settingsJson: JSON.stringify(settings) };
  return retrieval.search({ ...request, ...noOne, filterJson: '', filterModel: undefined, neighbours: 0 });
}

/** The model proxy with its local models, whose vectors are kept in a file: making them is what takes time. */
export class KeptModels {
  vectors = new Map();
  made = 0;
  #proxy = new ModelProxy({ config: modelProxyConfig.read(process.env), log });
  #reranker = new SoftTermsReranker(async (texts) => {
    const { embeddings } = await this.embed({ ...callForVectors, texts });
    return embeddings.map(({ values }) => values);
  });
  #file = resolve('.cache/bench/vectors/local-embeddings-en.bin');

  constructor() {
    mkdirSync(join(this.#file, '..'), { recursive: true });
    const bytes = existsSync(this.#file) ? readFileSync(this.#file) : Buffer.alloc(0);
    const record = keyBytes + dimensions * 4;
    for (let at = 0; at + record <= bytes.length; at += record)
      this.vectors.set(bytes.toString('hex', at, at + keyBytes), vectorAt(bytes, at + keyBytes));
  }

  embed = async (request) => {
    const missing = [...new Set(request.texts)].filter((text) => !this.vectors.has(keyOf(text)));
    for (let at = 0; at < missing.length; at += batch) {
      const texts = missing.slice(at, at + batch);
      const { embeddings } = await this.#proxy.controller.embed({ ...request, texts });
      for (const [place, text] of texts.entries()) this.#keep(text, Float32Array.from(embeddings[place].values));
      this.made += texts.length;
      if (texts.length === batch) console.error(`${this.made} vectors made`);
    }
    return { embeddings: request.texts.map((text) => ({ values: this.of(text) })), usage: undefined, warnings: [] };
  };

  /** The local reranker runs here with the vectors that are kept, any other as the model proxy has it. */
  rerank = (request) => {
    const { provider, model } = request.model;
    if (`${provider}/${model}` !== 'local/soft-terms') return this.#proxy.controller.rerank(request);
    return this.#reranker.rerank(request, new AbortController().signal);
  };

  chat = (request) => this.#proxy.controller.chat(request);

  /** The vector of a text that was embedded before. */
  of(text) {
    return this.vectors.get(keyOf(text));
  }

  close() {
    return this.#proxy.close();
  }

  #keep(text, vector) {
    this.vectors.set(keyOf(text), vector);
    appendFileSync(this.#file, Buffer.concat([Buffer.from(keyOf(text), 'hex'), Buffer.from(vector.buffer)]));
  }
}

/** How texts are asked for whose vectors are to be kept. */
export const callForVectors = {
  ...{ tenantId, model: { provider: 'local', model: 'embeddings-en' } },
  ...{ route: '', dimensions: 0, purpose: '', deadlineUnixMs: 0, traceparent: '' },
};
const batch = 128;
const keyBytes = 16;
const keyOf = (text) =>
  createHash('sha256')
    .update(text)
    .digest('hex')
    .slice(0, 2 * keyBytes);
const vectorAt = (bytes, at) => new Float32Array(new Uint8Array(bytes.subarray(at, at + dimensions * 4)).buffer);
