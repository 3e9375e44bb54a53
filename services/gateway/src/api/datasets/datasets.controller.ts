import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Patch, Post, Query, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { Datasets, Retrieval } from '../../domain/ports.js';
import { Audited, NotAudited } from '../audit/audited.js';
import { Requires } from '../auth/access.js';
import { errorSchema } from '../errors/error-body.js';
import { DATASETS, RETRIEVAL } from '../tokens.js';
import {
  type CreateDatasetBody,
  createDatasetSchema,
  datasetPageSchema,
  datasetSchema,
  type ListDatasetsQuery,
  listDatasetsSchema,
  type SearchDatasetBody,
  searchDatasetSchema,
  searchResultSchema,
  type UpdateDatasetBody,
  updateDatasetSchema,
} from './dataset.schemas.js';
import { datasetView, searchView } from './dataset.view.js';

@ApiTags('datasets')
@ApiBearerAuth()
@ApiResponse({ status: 'default', standardSchema: errorSchema, description: 'What went wrong.' })
@Controller('api/v1/datasets')
export class DatasetsController {
  constructor(
    @Inject(DATASETS) private readonly datasets: Datasets,
    @Inject(RETRIEVAL) private readonly retrieval: Retrieval,
  ) {}

  @Post()
  @Requires('datasets:write')
  @Audited('dataset', 'create')
  @ApiOperation({ summary: 'Create a dataset' })
  @ApiResponse({ status: 201, standardSchema: datasetSchema })
  async create(@Req() { tenantId }: FastifyRequest, @Body({ schema: createDatasetSchema }) body: CreateDatasetBody) {
    const { dataset } = await this.datasets.createDataset({
      tenantId,
      name: body.name,
      description: body.description,
      embeddingProvider: body.embedding?.provider ?? '',
      embeddingModel: body.embedding?.model ?? '',
      chunkingJson: jsonOf(body.chunking) ?? '',
      searchJson: jsonOf(body.search) ?? '',
      metadataFieldsJson: jsonOf(body.metadata_fields) ?? '',
      wordsOnly: body.embedding === null,
    });
    return datasetView(dataset);
  }

  @Get()
  @Requires('datasets:read')
  @ApiOperation({ summary: 'List datasets, newest first' })
  @ApiResponse({ status: 200, standardSchema: datasetPageSchema })
  async list(@Req() { tenantId }: FastifyRequest, @Query({ schema: listDatasetsSchema }) page: ListDatasetsQuery) {
    const { datasets, nextCursor } = await this.datasets.listDatasets({ tenantId, page: 0, tagIds: [], ...page });
    return { items: datasets.map(datasetView), next_cursor: nextCursor || null };
  }

  @Get(':id')
  @Requires('datasets:read', { dataset: 'id' })
  @ApiOperation({ summary: 'Read a dataset' })
  @ApiResponse({ status: 200, standardSchema: datasetSchema })
  async get(@Req() { tenantId }: FastifyRequest, @Param('id') datasetId: string) {
    return datasetView((await this.datasets.getDataset({ tenantId, datasetId })).dataset);
  }

  @Patch(':id')
  @Requires('datasets:write', { dataset: 'id' })
  @Audited('dataset', 'change')
  @ApiOperation({ summary: 'Change a dataset; what is left out stays as it is' })
  @ApiResponse({ status: 200, standardSchema: datasetSchema })
  async update(
    @Req() { tenantId }: FastifyRequest,
    @Param('id') datasetId: string,
    @Body({ schema: updateDatasetSchema }) body: UpdateDatasetBody,
  ) {
    const { dataset } = await this.datasets.updateDataset({
      tenantId,
      datasetId,
      name: body.name,
      description: body.description,
      embeddingProvider: body.embedding === null ? '' : body.embedding?.provider,
      embeddingModel: body.embedding === null ? '' : body.embedding?.model,
      chunkingJson: jsonOf(body.chunking),
      searchJson: jsonOf(body.search),
      metadataFieldsJson: jsonOf(body.metadata_fields),
    });
    return datasetView(dataset);
  }

  @Delete(':id')
  @Requires('datasets:write', { dataset: 'id' })
  @Audited('dataset', 'delete')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete a dataset with all its documents' })
  @ApiResponse({ status: 204 })
  async delete(@Req() { tenantId }: FastifyRequest, @Param('id') datasetId: string): Promise<void> {
    await this.datasets.deleteDataset({ tenantId, datasetId });
  }

  @Post(':id/search')
  @Requires('datasets:read', { dataset: 'id' })
  @NotAudited('changes nothing')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Search a dataset',
    description: 'Tells what each stage took, and every score of each chunk.',
  })
  @ApiResponse({ status: 200, standardSchema: searchResultSchema })
  async search(
    @Req() { tenantId }: FastifyRequest,
    @Param('id') datasetId: string,
    @Body({ schema: searchDatasetSchema }) { query, settings, filter, neighbours }: SearchDatasetBody,
  ) {
    const answer = await this.retrieval.search({
      ...{ tenantId, datasetIds: [datasetId], query, neighbours },
      settingsJson: jsonOf(settings) ?? '',
      filterJson: jsonOf(filter) ?? '',
      // It stands among the settings.
      filterModel: undefined,
      ...{ deadlineUnixMs: 0, traceparent: '', runId: '', nodeKey: '', workflowId: '', apiKeyId: '' },
    });
    return searchView(answer);
  }
}

const jsonOf = (value: object | undefined) => (value === undefined ? undefined : JSON.stringify(value));
