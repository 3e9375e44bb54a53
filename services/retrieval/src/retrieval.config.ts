import { type ConfigOf, defineConfig, integer, list, secretUrl, string } from '@treadle/config';
import { filesUrl } from '@treadle/files';

export const retrievalConfig = defineConfig({
  roles: list({
    env: 'TREADLE_RETRIEVAL_ROLES',
    default: ['api', 'indexer'],
    item: /^(api|indexer)$/,
    meaning: 'What this process does: answer calls (api), index documents (indexer), or both.',
  }),
  embeddingProvider: string({
    env: 'TREADLE_EMBEDDING_PROVIDER',
    default: 'local',
    meaning: 'Provider of the embedding model of datasets that name none.',
  }),
  embeddingModel: string({
    env: 'TREADLE_EMBEDDING_MODEL',
    default: 'embeddings-en',
    meaning: 'Embedding model of datasets that name none.',
  }),
  indexConcurrency: integer({
    env: 'TREADLE_INDEX_CONCURRENCY',
    default: 2,
    min: 1,
    max: 64,
    unit: 'documents',
    meaning: 'Documents that a process indexes at a time.',
  }),
  indexBatch: integer({
    env: 'TREADLE_INDEX_BATCH',
    default: 64,
    min: 1,
    max: 1000,
    unit: 'chunks',
    meaning: 'Chunks whose vectors are made and committed at a time.',
  }),
  indexLeaseMs: integer({
    env: 'TREADLE_INDEX_LEASE_MS',
    default: 60_000,
    min: 500,
    max: 3_600_000,
    unit: 'ms',
    meaning: 'How long an indexer may take for a batch before its document goes to another.',
  }),
  indexPollMs: integer({
    env: 'TREADLE_INDEX_POLL_MS',
    default: 1000,
    min: 50,
    max: 60_000,
    unit: 'ms',
    meaning: 'How often outstanding documents are looked for.',
  }),
  embeddedStoreBytes: integer({
    env: 'TREADLE_EMBEDDED_VECTORS_BYTES',
    default: 512 * 1024 * 1024,
    min: 1024 * 1024,
    max: 4 * 1024 * 1024 * 1024,
    unit: 'bytes',
    meaning: 'What the embedded vector store keeps in memory at most.',
  }),
  storeTimeoutMs: integer({
    env: 'TREADLE_VECTOR_STORE_TIMEOUT_MS',
    default: 2000,
    min: 10,
    max: 60_000,
    unit: 'ms',
    meaning: 'How long a search in the vector store may take before PostgreSQL answers in its place.',
  }),
  storeProbeMs: integer({
    env: 'TREADLE_VECTOR_STORE_PROBE_MS',
    default: 2000,
    min: 50,
    max: 600_000,
    unit: 'ms',
    meaning: 'How often a vector store that failed several times in a row is asked whether it is back.',
  }),
  searchTimeoutMs: integer({
    env: 'TREADLE_SEARCH_TIMEOUT_MS',
    default: 10_000,
    min: 100,
    max: 600_000,
    unit: 'ms',
    meaning: 'How long a search may take where its caller gives no deadline.',
  }),
  searchesPerTenant: integer({
    env: 'TREADLE_SEARCHES_PER_TENANT',
    default: 100,
    min: 1,
    max: 100_000,
    unit: 'searches',
    meaning: 'Searches that a tenant may have under way at a time, in one process.',
  }),
  queryCharacters: integer({
    env: 'TREADLE_QUERY_CHARACTERS',
    default: 10_000,
    min: 1,
    max: 1_000_000,
    unit: 'characters',
    meaning: 'Longest query.',
  }),
  datasetsPerTenant: integer({
    env: 'TREADLE_DATASETS_PER_TENANT',
    default: 1000,
    min: 1,
    max: 1_000_000,
    unit: 'datasets',
    meaning: 'Datasets that a tenant may have.',
  }),
  documentBytes: integer({
    env: 'TREADLE_DATASET_FILE_BYTES',
    default: 50 * 1024 * 1024,
    min: 1024,
    max: 1024 * 1024 * 1024,
    unit: 'bytes',
    meaning: 'Largest file or page that becomes a document of a dataset.',
  }),
  documentProcesses: integer({
    env: 'TREADLE_DOCUMENT_PROCESSES',
    default: 2,
    min: 1,
    max: 256,
    unit: 'processes',
    meaning: 'How many documents are read at a time, each in a process of its own.',
  }),
  documentTimeoutSeconds: integer({
    env: 'TREADLE_DATASET_FILE_TIMEOUT_SECONDS',
    default: 60,
    min: 1,
    max: 3600,
    unit: 's',
    meaning: 'How long a file or page may take to fetch and read before it is given up.',
  }),
  documentMemoryMb: integer({
    env: 'TREADLE_DOCUMENT_MEMORY_MB',
    default: 512,
    min: 64,
    max: 8192,
    unit: 'MiB',
    meaning: 'How much memory the reading of one document may take.',
  }),
  httpAllow: list({
    env: 'TREADLE_HTTP_ALLOW',
    default: [],
    meaning:
      'Private addresses, networks (10.0.0.0/8) and host names that requests of workflows may reach; `acme=` before one is for that tenant alone.',
  }),
  documentCharacters: integer({
    env: 'TREADLE_DOCUMENT_CHARACTERS',
    default: 20_000_000,
    min: 1000,
    max: 200_000_000,
    unit: 'characters',
    meaning: 'Longest text of one document.',
  }),
});

/** The service's settings, read once. */
export type RetrievalConfig = ConfigOf<typeof retrievalConfig>;

/** What it needs besides as a process of its own. */
export const retrievalProcessConfig = defineConfig({
  ...retrievalConfig.settings,
  databaseUrl: secretUrl({
    env: 'DATABASE_URL',
    schemes: ['postgres', 'postgresql'],
    meaning: 'The PostgreSQL (15 or newer) that holds datasets, chunks and vectors.',
  }),
  databaseConnections: integer({
    env: 'TREADLE_RETRIEVAL_DATABASE_CONNECTIONS',
    default: 10,
    min: 3,
    max: 200,
    unit: 'connections',
    meaning: 'Most connections that retrieval opens to PostgreSQL.',
  }),
  natsUrl: secretUrl({
    env: 'NATS_URL',
    schemes: ['nats', 'tls'],
    meaning: 'Where the nats-server is, with user and password or token where it asks for them.',
  }),
  filesUrl,
  modelProxyAddress: string({
    env: 'TREADLE_MODEL_PROXY_GRPC',
    default: '127.0.0.1:50051',
    unit: 'host:port',
    meaning: 'Where the model proxy takes gRPC calls.',
  }),
  grpcAddress: string({
    env: 'TREADLE_RETRIEVAL_GRPC',
    default: '127.0.0.1:50054',
    unit: 'host:port',
    meaning: 'Where retrieval takes gRPC calls.',
  }),
  host: string({ env: 'TREADLE_HOST', default: '127.0.0.1', meaning: 'Address the health endpoints listen on.' }),
  healthPort: integer({
    env: 'TREADLE_HEALTH_PORT',
    default: 8081,
    min: 0,
    max: 65_535,
    unit: 'port',
    meaning: 'Port of the health endpoints; 0 takes a free one.',
  }),
});

export type RetrievalProcessConfig = ConfigOf<typeof retrievalProcessConfig>;
