import type { ModelServiceService } from '@treadle/contracts';
import { DocumentReader } from '@treadle/documents';
import { toFailure } from '@treadle/failure';
import type { FileStore } from '@treadle/files';
import type { Handlers } from '@treadle/grpc';
import { TenantHttp } from '@treadle/guarded-http';
import type { MessageBus } from '@treadle/messaging';
import { asUnavailable, migrate, TenantPools } from '@treadle/persistence';
import type { HealthRegistry } from '@treadle/telemetry';
import type { Pool } from 'pg';
import { DatasetController } from './api/dataset.controller.js';
import { IndexingConsumer } from './api/indexing.consumer.js';
import { LabelController } from './api/label.controller.js';
import { RetrievalController } from './api/retrieval.controller.js';
import { UpkeepController } from './api/upkeep.controller.js';
import { UpkeepPoller } from './api/upkeep.poller.js';
import { Chunks } from './domain/chunks.js';
import { Datasets } from './domain/datasets.js';
import { Documents } from './domain/documents.js';
import { GuardedStore } from './domain/guarded-store.js';
import { IndexDocument } from './domain/index-document.js';
import { Labels } from './domain/labels.js';
import { Search } from './domain/search.js';
import { StoreCopy } from './domain/store-copy.js';
import { TellStore } from './domain/tell-store.js';
import { Upkeep } from './domain/upkeep.js';
import type { VectorStore } from './domain/vector-store.js';
import { DocumentTexts } from './infra/document-texts.js';
import { GrpcModels } from './infra/grpc-models.js';
import { retrievalMigrations, retrievalSchema } from './infra/migrations/index.js';
import { PgChunkRepository } from './infra/pg-chunk.repository.js';
import { PgDatasetRepository } from './infra/pg-dataset.repository.js';
import { PgDocumentRepository } from './infra/pg-document.repository.js';
import { PgIndexWork } from './infra/pg-index-work.js';
import { PgLabelRepository } from './infra/pg-label.repository.js';
import { PgPointSource } from './infra/pg-point-source.js';
import { PgPointTruth } from './infra/pg-point-truth.js';
import { PgRebuildWork } from './infra/pg-rebuild-work.js';
import { PgStoreDebts } from './infra/pg-store-debts.js';
import { upkeepWork } from './infra/upkeep-work.js';
import { openVectorStore } from './infra/vector-stores.js';
import type { RetrievalConfig } from './retrieval.config.js';

const tryAgainMs = 1000;
const failuresInRow = 3;
const chunkCharacters = 50_000;

export interface RetrievalOptions {
  readonly config: RetrievalConfig;
  /** Made with `createPool(url, { schema: retrievalSchema })`; its giver's to end. */
  readonly pool: Pool;
  readonly bus: MessageBus;
  /** The same that the gateway uses. */
  readonly files: FileStore;
  readonly models: Pick<Handlers<typeof ModelServiceService>, 'chat' | 'embed' | 'rerank'>;
  readonly log: {
    info(facts: object, message: string): void;
    warn(facts: object, message: string): void;
    error(facts: object, message: string): void;
  };
  readonly health?: HealthRegistry;
  /** Default: what the settings name. */
  readonly store?: VectorStore;
}

/** The service with its ports tied to their adapters. */
export class Retrieval {
  readonly controllers: {
    readonly datasets: DatasetController;
    readonly labels: LabelController;
    readonly retrieval: RetrievalController;
    readonly upkeep: UpkeepController;
  };
  private readonly indexing: IndexingConsumer;
  private readonly upkeep: UpkeepPoller;
  private readonly store: VectorStore;
  private readonly guarded: GuardedStore;
  private readonly texts: DocumentTexts;
  private starting: Promise<void> | undefined;
  private stopping: Promise<void> | undefined;
  private stopped = false;

  constructor(private readonly options: RetrievalOptions) {
    const { config, pool, bus, log } = options;
    const points = new PgPointSource(pool);
    const store = options.store ?? openVectorStore(config, points);
    const models = new GrpcModels(options.models);
    const work = new PgIndexWork(pool);
    const pools = new TenantPools(pool);
    const repositories = {
      datasets: new PgDatasetRepository(pools),
      documents: new PgDocumentRepository(pools),
      chunks: new PgChunkRepository(pools),
    };
    const { storeTimeoutMs: timeoutMs, storeProbeMs: probeIntervalMs, indexLeaseMs: leaseMs } = config;
    this.store = store;
    options.health?.register('retrieval database', () => pool.query('select 1'));
    options.health?.register('retrieval vectors', async () => {
      if (!(await store.isReady())) throw new Error(`The vector store (${store.name}) does not answer.`);
    });
    this.guarded = new GuardedStore({ store, timeoutMs, probeIntervalMs, failures: failuresInRow });
    this.texts = documentTexts(config, options.files);
    const { texts } = this;
    const batch = config.indexBatch;
    const debts = new PgStoreDebts(pool);
    const copy = new StoreCopy(store, new PgPointTruth(pool, points));
    const rebuilds = new PgRebuildWork(pool);
    this.upkeep = new UpkeepPoller(upkeepWork({ copy, debts, work: rebuilds, pool, log, ...config }), log);
    const nudgeUpkeep = this.upkeep.nudge;
    const telling = new TellStore({ store, debts, nudge: nudgeUpkeep });
    const indexDocument = new IndexDocument({
      ...{ work, models, copy, telling, points, texts, leaseMs, batch, nudgeUpkeep, log },
      limits: config,
    });
    const isIndexer = config.roles.includes('indexer');
    const [concurrency, pollMs] = [config.indexConcurrency, config.indexPollMs];
    this.indexing = new IndexingConsumer({ bus, work, indexDocument, concurrency, leaseMs, pollMs, isIndexer, log });
    const { nudge } = this.indexing;
    const parts = {
      ...repositories,
      models,
      store,
      limits: { ...config, chunkCharacters, timeoutMs: config.searchTimeoutMs },
    };
    const payload = (indexId: string, documentId: string) => points.payload(indexId, documentId);
    const defaultModel = { provider: config.embeddingProvider, model: config.embeddingModel };
    const datasets = new Datasets({ ...parts, defaultModel, nudge, nudgeUpkeep });
    const documents = new Documents({ ...parts, datasets, texts, telling, nudge, payload });
    const chunks = new Chunks({ ...parts, datasets, documents, telling, nudge, payload });
    this.controllers = {
      datasets: new DatasetController(datasets, documents, chunks),
      labels: new LabelController(
        new Labels({ datasets, labels: new PgLabelRepository(pools, store.isTold), nudgeUpkeep }),
      ),
      retrieval: new RetrievalController(new Search({ ...parts, guarded: this.guarded, now: Date.now })),
      upkeep: new UpkeepController(new Upkeep({ copy, debts, work: rebuilds, nudge: nudgeUpkeep })),
    };
  }

  /** Resolves when the schema is up to date and work is taken. A database that is away is awaited: until then calls fail as `unavailable`. */
  start(): Promise<void> {
    this.starting ??= this.begin();
    return this.starting;
  }

  /** Ends the batches under way; documents that are not done go on elsewhere, or at the next start. */
  stop(): Promise<void> {
    this.stopping ??= this.end();
    return this.stopping;
  }

  private async end(): Promise<void> {
    this.stopped = true;
    await this.starting?.catch(() => undefined);
    await Promise.all([this.indexing.stop(), this.upkeep.stop()]);
    this.guarded.close();
    await this.texts.close();
    await this.store.close();
  }

  private async begin(): Promise<void> {
    const done = this.options.health?.beginStartup('retrieval') ?? (() => undefined);
    while (!this.stopped && !(await this.prepare())) await new Promise((resolve) => setTimeout(resolve, tryAgainMs));
    done();
    if (this.stopped) return;
    await this.indexing.start();
    if (this.options.config.roles.includes('indexer')) this.upkeep.start();
  }

  private async prepare(): Promise<boolean> {
    try {
      await migrate(this.options.pool, retrievalSchema, retrievalMigrations);
      return true;
    } catch (error) {
      const trouble = toFailure(asUnavailable(error));
      if (trouble.code !== 'unavailable') throw error;
      this.options.log.warn({ reason: trouble.message }, 'the database cannot be reached; trying again');
      return false;
    }
  }
}

const mostPages = 2000;

function documentTexts(config: RetrievalConfig, files: FileStore): DocumentTexts {
  const { documentBytes: mostBytes, documentTimeoutSeconds: timeoutSeconds } = config;
  const memoryBytes = config.documentMemoryMb * 1024 * 1024;
  const reader = new DocumentReader({
    processes: config.documentProcesses,
    timeoutSeconds,
    memoryBytes,
    mostBytes,
    mostPages,
  });
  return new DocumentTexts({
    files,
    http: new TenantHttp(config.httpAllow),
    reader,
    mostBytes,
    timeoutMs: timeoutSeconds * 1000,
  });
}
