import type { VectorStore } from '../domain/vector-store.js';
import type { RetrievalConfig } from '../retrieval.config.js';
import { EmbeddedVectorStore } from './embedded/embedded-vector-store.js';
import type { PointSource } from './embedded/point-source.js';
import { QdrantVectorStore } from './qdrant/qdrant-vector-store.js';

/** For writes of a batch; searches end earlier, by the signal of whoever asks. */
const requestTimeoutMs = 30_000;

/** The store that the settings name. Qdrant is not reached before it is needed. */
export function openVectorStore(config: RetrievalConfig, source: PointSource): VectorStore {
  if (config.vectorStore === 'embedded')
    return new EmbeddedVectorStore({ source, maxBytes: config.embeddedStoreBytes });
  const { qdrantUrl, qdrantApiKey, qdrantQuantization: quantization, qdrantOnDisk: onDisk } = config;
  return new QdrantVectorStore({
    url: qdrantUrl,
    timeoutMs: requestTimeoutMs,
    quantization,
    onDisk,
    hnswEf: config.qdrantHnswEf,
    rescore: config.qdrantRescore,
    oversampling: config.qdrantOversampling,
    ...(qdrantApiKey && { apiKey: qdrantApiKey.reveal() }),
  });
}
