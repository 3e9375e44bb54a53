import { FailureError } from '@treadle/failure';
import {
  type Dataset,
  type DatasetSettings,
  isId,
  notFound,
  parseChunking,
  parseFields,
  parseSearch,
} from './dataset.js';
import { modelOf, nameOf, textOf } from './given.js';
import type { DatasetRepository, Listed, Page } from './ports.js';

export interface DatasetsParts {
  readonly datasets: DatasetRepository;
  readonly limits: { readonly datasetsPerTenant: number };
  /** Of datasets that name no model. */
  readonly defaultModel: { readonly provider: string; readonly model: string };
  /** Tells the indexers that there is work; they find it without being told, a moment later. */
  readonly nudge: () => void;
  /** Tells those who mend the store that something is owed. */
  readonly nudgeUpkeep: () => void;
}

/** Settings as they are given: JSON texts are checked here; what is absent stays as it is, or has its default. */
export interface GivenSettings {
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly embeddingProvider?: string | undefined;
  readonly embeddingModel?: string | undefined;
  readonly chunkingJson?: string | undefined;
  readonly searchJson?: string | undefined;
  readonly metadataFieldsJson?: string | undefined;
  /** Of a new dataset: no model, whatever is the default. */
  readonly wordsOnly?: boolean | undefined;
}

/** What tenants do with their datasets. */
export class Datasets {
  constructor(private readonly parts: DatasetsParts) {}

  async create(tenantId: string, given: GivenSettings): Promise<Dataset> {
    const { datasets, limits } = this.parts;
    if ((await datasets.count(tenantId)) >= limits.datasetsPerTenant)
      throw FailureError.of('limit_exceeded', `There are ${limits.datasetsPerTenant} datasets, which is the limit.`);
    return datasets.create(tenantId, {
      name: nameOf(given.name ?? ''),
      description: textOf('description', given.description ?? '', 10_000),
      ...this.modelOfNew(given),
      chunking: parseChunking(given.chunkingJson ?? ''),
      search: parseSearch(given.searchJson ?? ''),
      metadataFields: parseFields(given.metadataFieldsJson ?? ''),
    });
  }

  private modelOfNew({ wordsOnly, embeddingProvider = '', embeddingModel = '' }: GivenSettings) {
    const { provider, model } = this.parts.defaultModel;
    if (wordsOnly) return { embeddingProvider: '', embeddingModel: '' };
    if (embeddingModel === '') return { embeddingProvider: provider, embeddingModel: model };
    return { embeddingProvider, embeddingModel: modelOf(embeddingModel) };
  }

  async get(tenantId: string, datasetId: string): Promise<Dataset> {
    const [dataset] = isId(datasetId) ? await this.parts.datasets.find(tenantId, [datasetId]) : [];
    if (!dataset) throw notFound('dataset', datasetId);
    return dataset;
  }

  async list(tenantId: string, page: Page, tagIds: readonly string[] = []): Promise<Listed<Dataset>> {
    // A tag that is none is on nothing.
    const known = tagIds.filter(isId);
    if (tagIds.length > 0 && known.length === 0) return { items: [], nextCursor: '', total: 0 };
    return this.parts.datasets.list(tenantId, page, known);
  }

  async update(tenantId: string, datasetId: string, given: GivenSettings): Promise<Dataset> {
    const dataset = await this.get(tenantId, datasetId);
    const settings: DatasetSettings = {
      name: given.name === undefined ? dataset.name : nameOf(given.name),
      description: textOf('description', given.description ?? dataset.description, 10_000),
      embeddingProvider: given.embeddingProvider ?? dataset.embeddingProvider,
      embeddingModel: given.embeddingModel === undefined ? dataset.embeddingModel : modelOf(given.embeddingModel),
      chunking: given.chunkingJson === undefined ? dataset.chunking : parseChunking(given.chunkingJson),
      search: given.searchJson === undefined ? dataset.search : parseSearch(given.searchJson),
      metadataFields:
        given.metadataFieldsJson === undefined ? dataset.metadataFields : parseFields(given.metadataFieldsJson),
    };
    await this.parts.datasets.update(tenantId, dataset, settings);
    this.parts.nudge();
    return this.get(tenantId, datasetId);
  }

  async delete(tenantId: string, datasetId: string): Promise<void> {
    const gone = isId(datasetId) && (await this.parts.datasets.delete(tenantId, datasetId));
    if (!gone) throw notFound('dataset', datasetId);
    this.parts.nudgeUpkeep();
  }
}
