import { randomUUID } from 'node:crypto';
import type { ChatRequest, ChatResponse, Dataset, Document, SearchRequest } from '@treadle/contracts';
import { type FileStore, MemoryFileStore } from '@treadle/files';
import type { CallOptions } from '@treadle/grpc';
import type { MessageBus } from '@treadle/messaging';
import { InProcessBus } from '@treadle/messaging';
import { createPool } from '@treadle/persistence';
import type { Pool } from 'pg';
import { expect, vi } from 'vitest';
import type { VectorStore } from '../src/domain/vector-store.js';
import { Retrieval, retrievalConfig, retrievalSchema } from '../src/index.js';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Turns a text into the counts of its letters: texts with the same letters are alike. Enough to tell what is near. */
export function letterVector(text: string): number[] {
  const counts = new Array<number>(26).fill(0.01);
  for (const letter of text.toLowerCase()) {
    const place = letter.charCodeAt(0) - 97;
    if (place >= 0 && place < 26) counts[place] = (counts[place] ?? 0) + 1;
  }
  return counts;
}

/** What a model proxy is asked, as far as specs look at it. */
export interface Embedding {
  readonly texts: readonly string[];
  readonly tenantId?: string;
  readonly model?: { readonly model: string } | undefined;
}

/** A model proxy that makes letter vectors, and orders documents by the words they share with the query. */
export class LetterModels {
  calls = 0;
  texts = 0;
  /** Thrown by the next calls, while it is set. */
  failure: Error | undefined;
  /** Holds calls up, or fails them. */
  before: ((asked: Embedding) => Promise<unknown> | undefined) | undefined;

  readonly embed = async (asked: Embedding) => {
    const { texts } = asked;
    this.calls += 1;
    this.texts += texts.length;
    await new Promise((resolve) => setImmediate(resolve));
    await this.before?.(asked);
    if (this.failure) throw this.failure;
    return { embeddings: texts.map((text) => ({ values: letterVector(text) })), usage: undefined, warnings: [] };
  };

  /** What it was asked in chat, and what it says: a text, or a failure to throw. */
  readonly questions: ChatRequest[] = [];
  says: string | Error | undefined;

  readonly chat = async function* (
    this: LetterModels,
    request: ChatRequest,
    { signal }: CallOptions = {},
  ): AsyncGenerator<ChatResponse> {
    this.questions.push(request);
    if (this.says instanceof Error) throw this.says;
    // Whoever says nothing keeps silent until nobody listens any more.
    if (this.says === undefined) await new Promise((_, reject) => signal?.addEventListener('abort', reject));
    else yield { part: { $case: 'text', value: this.says } };
  }.bind(this);

  readonly rerank = async ({ query, documents }: { readonly query: string; readonly documents: readonly string[] }) => {
    const words = query.toLowerCase().split(/\W+/);
    const ranking = documents.map((text, index) => ({
      index,
      score: words.filter((word) => text.includes(word)).length,
    }));
    return { ranking: ranking.sort((a, b) => b.score - a.score), usage: undefined, warnings: [] };
  };
}

export interface RigOptions {
  readonly bus?: MessageBus;
  readonly models?: LetterModels;
  readonly store?: VectorStore;
  readonly files?: FileStore;
  readonly environment?: Record<string, string>;
  readonly connectionTimeoutMs?: number;
}

/** One retrieval service on a database, as a spec wants it. */
export class Rig {
  readonly retrieval: Retrieval;
  readonly models: LetterModels;
  readonly bus: MessageBus;
  readonly errors: unknown[] = [];
  readonly files: FileStore;
  readonly pool: Pool;

  constructor(connectionString: string, options: RigOptions = {}) {
    this.pool = createPool(connectionString, {
      schema: retrievalSchema,
      connectionTimeoutMs: options.connectionTimeoutMs ?? 1000,
    });
    this.files = options.files ?? new MemoryFileStore();
    this.models = options.models ?? new LetterModels();
    this.bus = options.bus ?? new InProcessBus({ log: silent });
    const environment = { TREADLE_EMBEDDING_MODEL: 'letters', TREADLE_INDEX_POLL_MS: '50', ...options.environment };
    this.retrieval = new Retrieval({
      config: retrievalConfig.read(environment),
      pool: this.pool,
      bus: this.bus,
      files: this.files,
      models: this.models,
      log: { ...silent, error: (facts) => this.errors.push(facts) },
      ...(options.store && { store: options.store }),
    });
  }

  get upkeep() {
    return this.retrieval.controllers.upkeep;
  }

  /** What a whole verification finds, summed up. */
  async verified(dryRun: boolean, tenantId = '') {
    const sum = { points: 0, missing: 0, extra: 0, stale: 0 };
    for (let cursor = ''; ; ) {
      const { datasets, nextCursor } = await this.upkeep.verifyStore({ tenantId, datasetIds: [], dryRun, cursor });
      for (const one of datasets)
        for (const key of ['points', 'missing', 'extra', 'stale'] as const) sum[key] += one[key];
      if (nextCursor === '') return sum;
      cursor = nextCursor;
    }
  }

  /** Resolves when the store has confirmed every change. */
  async settled(): Promise<void> {
    await vi.waitFor(async () => expect((await this.upkeep.getStoreStatus({ tenantId: '' })).owed).toBe(0), {
      timeout: 30_000,
      interval: 50,
    });
  }

  /** Begins a rebuild and waits for its end. */
  async rebuilt() {
    const [begun] = (await this.upkeep.startRebuild({ model: '' })).rebuilds;
    return this.ended(begun!.id);
  }

  async ended(id: string) {
    return vi.waitFor(
      async () => {
        const { rebuilds } = await this.upkeep.getStoreStatus({ tenantId: '' });
        const rebuild = rebuilds.find((one) => one.id === id)!;
        expect(rebuild.status).not.toBe('running');
        return rebuild;
      },
      { timeout: 120_000, interval: 50 },
    );
  }

  get datasets() {
    return this.retrieval.controllers.datasets;
  }

  async dataset(tenantId: string, name: string, given: object = {}): Promise<Dataset> {
    const request = { tenantId, name, description: '', embeddingProvider: '', embeddingModel: '' };
    const json = { chunkingJson: '', searchJson: '', metadataFieldsJson: '', wordsOnly: false };
    const { dataset } = await this.datasets.createDataset({ ...request, ...json, ...given });
    return dataset!;
  }

  async document(
    tenantId: string,
    datasetId: string,
    name: string,
    text: string,
    metadata: object = {},
  ): Promise<Document> {
    return this.add(tenantId, datasetId, { name, text, metadataJson: JSON.stringify(metadata) });
  }

  /** A document from anywhere. */
  async add(tenantId: string, datasetId: string, given: object): Promise<Document> {
    const source = { source: 'text', sourceName: '', text: '', fileId: '', mediaType: '', chunkingJson: '' };
    const request = { tenantId, datasetId, name: 'a document', metadataJson: '', ...source, ...given };
    const { document } = await this.datasets.createDocument(request);
    return document!;
  }

  /** Uploads a file, as the gateway does; gives its id. */
  async upload(tenantId: string, content: string | Uint8Array): Promise<string> {
    const fileId = randomUUID();
    await this.files.put(`${tenantId}/files/${fileId}`, Buffer.from(content as string));
    return fileId;
  }

  async indexed(tenantId: string, { datasetId, id }: Document, status = 'completed'): Promise<Document> {
    return vi.waitFor(
      async () => {
        const { document } = await this.datasets.getDocument({ tenantId, datasetId, documentId: id });
        expect([document?.status, document?.error]).toEqual([status, status === 'error' ? expect.anything() : '']);
        return document!;
      },
      { timeout: 30_000, interval: 20 },
    );
  }

  search(tenantId: string, datasetIds: readonly string[], query: string, more: Partial<SearchRequest> = {}) {
    return this.retrieval.controllers.retrieval.search({
      ...{
        tenantId,
        datasetIds: [...datasetIds],
        query,
        settingsJson: '',
        filterJson: '',
        filterModel: undefined,
        neighbours: 0,
        deadlineUnixMs: 0,
      },
      ...{ traceparent: '', runId: '', nodeKey: '', workflowId: '', apiKeyId: '' },
      ...more,
    });
  }

  async stop(): Promise<void> {
    await this.retrieval.stop();
    await this.pool.end();
  }
}

/** All there is, of every list. */
export const firstPage = {
  ...{ cursor: '', limit: 100, page: 0, keyword: '' },
  ...{ statuses: [], tagIds: [], parentIds: [], wholesOnly: false },
};

export const settings = (given: object): Partial<SearchRequest> => ({ settingsJson: JSON.stringify(given) });
export const filter = (...conditions: readonly object[]): Partial<SearchRequest> => ({
  filterJson: JSON.stringify({ conditions }),
});
