import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Patch, Post, Query, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { Datasets } from '../../../domain/ports.js';
import { Audited } from '../../audit/audited.js';
import { Requires } from '../../auth/access.js';
import { DATASETS } from '../../tokens.js';
import { difyErrorSchema } from '../dify.schemas.js';
import { difyFailure } from '../dify-error.js';
import {
  type CreateDatasetBody,
  createDatasetSchema,
  datasetPageSchema,
  datasetSchema,
  type ListDatasetsQuery,
  listDatasetsSchema,
  type UpdateDatasetBody,
  updateDatasetSchema,
} from './dataset.schemas.js';
import { datasetView } from './dataset.view.js';
import { settingsChange } from './dataset-settings.js';
import { told } from './found.js';
import { pageView } from './page.js';
import { plainProvider, searchOf } from './retrieval-model.js';

@ApiTags('dify datasets')
@ApiBearerAuth()
@ApiResponse({ status: 'default', standardSchema: difyErrorSchema, description: 'What went wrong.' })
@Controller('v1/datasets')
export class DifyDatasetsController {
  constructor(@Inject(DATASETS) private readonly datasets: Datasets) {}

  @Get()
  @Requires('datasets:read')
  @ApiOperation({ summary: 'List datasets, newest first' })
  @ApiResponse({ status: 200, standardSchema: datasetPageSchema })
  async list(@Req() { tenantId }: FastifyRequest, @Query({ schema: listDatasetsSchema }) asked: ListDatasetsQuery) {
    const { page, limit, keyword } = asked;
    const { datasets, total } = await this.datasets.listDatasets({ tenantId, page, limit, keyword, cursor: '' });
    return pageView(datasets.map(datasetView), total, asked);
  }

  @Post()
  @Requires('datasets:write')
  @Audited('dataset', 'create')
  @HttpCode(200)
  @ApiOperation({ summary: 'Create a dataset' })
  @ApiResponse({ status: 200, standardSchema: datasetSchema })
  async create(@Req() { tenantId }: FastifyRequest, @Body({ schema: createDatasetSchema }) body: CreateDatasetBody) {
    if (body.provider && body.provider !== 'vendor')
      throw difyFailure('invalid_param', 'Datasets hold their own documents here: provider is vendor.', 'provider');
    const { dataset } = await this.datasets.createDataset({
      ...{ tenantId, name: body.name, description: body.description },
      embeddingModel: body.embedding_model,
      embeddingProvider: plainProvider(body.embedding_model_provider),
      wordsOnly: body.indexing_technique === 'economy',
      searchJson: body.retrieval_model ? searchOf(body.retrieval_model, { searchJson: '{}' }) : '',
      ...{ chunkingJson: '', metadataFieldsJson: '' },
    });
    return datasetView(told(dataset));
  }

  @Get(':id')
  @Requires('datasets:read', { dataset: 'id' })
  @ApiOperation({ summary: 'Read a dataset' })
  @ApiResponse({ status: 200, standardSchema: datasetSchema })
  async get(@Req() { tenantId }: FastifyRequest, @Param('id') datasetId: string) {
    return datasetView(told((await this.datasets.getDataset({ tenantId, datasetId })).dataset));
  }

  @Patch(':id')
  @Requires('datasets:write', { dataset: 'id' })
  @Audited('dataset', 'change')
  @ApiOperation({ summary: 'Change a dataset; what is left out stays as it is' })
  @ApiResponse({ status: 200, standardSchema: datasetSchema })
  async update(
    @Req() { tenantId }: FastifyRequest,
    @Param('id') datasetId: string,
    @Body({ schema: updateDatasetSchema }) { name, description, ...settings }: UpdateDatasetBody,
  ) {
    const old = told((await this.datasets.getDataset({ tenantId, datasetId })).dataset);
    const { dataset } = await this.datasets.updateDataset({
      ...{ tenantId, datasetId, name: name ?? undefined, description: description ?? undefined },
      ...settingsChange(settings, old),
    });
    return datasetView(told(dataset));
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
}
