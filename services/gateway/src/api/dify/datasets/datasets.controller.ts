import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Patch, Post, Query, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Dataset, Tag } from '@treadle/contracts';
import type { FastifyRequest } from 'fastify';
import type { Datasets, Labels } from '../../../domain/ports.js';
import { Audited } from '../../audit/audited.js';
import { Requires } from '../../auth/access.js';
import { DATASETS, LABELS } from '../../tokens.js';
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
  constructor(
    @Inject(DATASETS) private readonly datasets: Datasets,
    @Inject(LABELS) private readonly labels: Labels,
  ) {}

  @Get()
  @Requires('datasets:read')
  @ApiOperation({ summary: 'List datasets, newest first' })
  @ApiResponse({ status: 200, standardSchema: datasetPageSchema })
  async list(@Req() { tenantId }: FastifyRequest, @Query({ schema: listDatasetsSchema }) asked: ListDatasetsQuery) {
    const { page, limit, keyword, tag_ids: tagIds } = asked;
    const wanted = { tenantId, page, limit, keyword, tagIds, cursor: '' };
    const { datasets, total } = await this.datasets.listDatasets(wanted);
    const { tags } = await this.labels.listTags({ tenantId });
    return pageView(
      datasets.map((dataset) => ({ ...datasetView(dataset), tags: tagsOf(dataset, tags) })),
      total,
      asked,
    );
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
    return this.shown(tenantId, dataset);
  }

  @Get(':id')
  @Requires('datasets:read', { dataset: 'id' })
  @ApiOperation({ summary: 'Read a dataset' })
  @ApiResponse({ status: 200, standardSchema: datasetSchema })
  async get(@Req() { tenantId }: FastifyRequest, @Param('id') datasetId: string) {
    return this.shown(tenantId, (await this.datasets.getDataset({ tenantId, datasetId })).dataset);
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
    return this.shown(tenantId, dataset);
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

  /** With its tags and the fields of its documents' metadata. */
  private async shown(tenantId: string, given: Dataset | undefined) {
    const dataset = told(given);
    const { tags } = await this.labels.listTags({ tenantId });
    const { fields, showsBuiltIn } = await this.labels.listFields({ tenantId, datasetId: dataset.id });
    return {
      ...datasetView(dataset),
      tags: tagsOf(dataset, tags),
      doc_metadata: fields.map(({ id, name, type }) => ({ id, name, type })),
      built_in_field_enabled: showsBuiltIn,
    };
  }
}

function tagsOf({ id: datasetId }: Dataset, tags: readonly Tag[]) {
  return tags
    .filter(({ datasetIds }) => datasetIds.includes(datasetId))
    .map(({ id, name }) => ({ id, name, type: 'knowledge' }));
}
