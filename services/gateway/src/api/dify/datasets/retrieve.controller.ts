import { Body, Controller, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { Datasets, Retrieval } from '../../../domain/ports.js';
import { NotAudited } from '../../audit/audited.js';
import { Requires } from '../../auth/access.js';
import { DATASETS, RETRIEVAL } from '../../tokens.js';
import { difyErrorSchema } from '../dify.schemas.js';
import { type RetrieveBody, recordsSchema, retrieveSchema } from './dataset.schemas.js';
import { told } from './found.js';
import { filterOf, searchOf } from './retrieval-model.js';
import { recordView } from './retrieve.view.js';

@ApiTags('dify datasets')
@ApiBearerAuth()
@ApiResponse({ status: 'default', standardSchema: difyErrorSchema, description: 'What went wrong.' })
@Controller('v1/datasets/:dataset')
export class DifyRetrieveController {
  constructor(
    @Inject(DATASETS) private readonly datasets: Datasets,
    @Inject(RETRIEVAL) private readonly retrieval: Retrieval,
  ) {}

  @Post(['retrieve', 'hit-testing'])
  @Requires('datasets:read', { dataset: 'dataset' })
  @NotAudited('changes nothing')
  @HttpCode(200)
  @ApiOperation({ summary: 'Search a dataset' })
  @ApiResponse({ status: 200, standardSchema: recordsSchema })
  async retrieve(
    @Req() { tenantId }: FastifyRequest,
    @Param('dataset') datasetId: string,
    @Body({ schema: retrieveSchema }) { query, retrieval_model: model }: RetrieveBody,
  ) {
    const dataset = told((await this.datasets.getDataset({ tenantId, datasetId })).dataset);
    const { chunks } = await this.retrieval.search({
      ...{ tenantId, datasetIds: [datasetId], query, neighbours: 0 },
      settingsJson: model ? searchOf(model, dataset) : '',
      filterJson: model ? filterOf(model) : '',
      filterModel: undefined,
      ...{ deadlineUnixMs: 0, traceparent: '', runId: '', nodeKey: '', workflowId: '', apiKeyId: '' },
    });
    return { query: { content: query }, records: chunks.map(recordView) };
  }
}
