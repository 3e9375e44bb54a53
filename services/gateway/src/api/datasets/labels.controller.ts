import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Patch, Post, Put, Query, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Tag } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import type { FastifyRequest } from 'fastify';
import type { Labels } from '../../domain/ports.js';
import { Audited } from '../audit/audited.js';
import { Requires } from '../auth/access.js';
import { errorSchema } from '../errors/error-body.js';
import { LABELS } from '../tokens.js';
import {
  type ListLabelsQuery,
  labelPageSchema,
  labelSchema,
  listLabelsSchema,
  type WriteLabelBody,
  writeLabelSchema,
} from './label.schemas.js';

/** Labels by which datasets are told apart; those that Dify calls tags. */
@ApiTags('datasets')
@ApiBearerAuth()
@ApiResponse({ status: 'default', standardSchema: errorSchema, description: 'What went wrong.' })
@Controller('api/v1')
export class LabelsController {
  constructor(@Inject(LABELS) private readonly labels: Labels) {}

  @Get('labels')
  @Requires('datasets:read')
  @ApiOperation({ summary: 'List the labels of datasets, by name' })
  @ApiResponse({ status: 200, standardSchema: labelPageSchema })
  async list(
    @Req() { tenantId }: FastifyRequest,
    @Query({ schema: listLabelsSchema }) { cursor, limit, dataset_id }: ListLabelsQuery,
  ) {
    const { tags } = await this.labels.listTags({ tenantId });
    const rest = tags
      .filter(({ name, datasetIds }) => name > cursor && (dataset_id === '' || datasetIds.includes(dataset_id)))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    const items = rest.slice(0, limit);
    return { items: items.map(labelView), next_cursor: rest.length > limit ? (items.at(-1)?.name ?? null) : null };
  }

  @Post('labels')
  @Requires('datasets:write')
  @Audited('dataset-tag', 'create')
  @ApiOperation({ summary: 'Create a label' })
  @ApiResponse({ status: 201, standardSchema: labelSchema })
  async create(@Req() { tenantId }: FastifyRequest, @Body({ schema: writeLabelSchema }) { name }: WriteLabelBody) {
    return labelView((await this.labels.createTag({ tenantId, name })).tag);
  }

  @Patch('labels/:id')
  @Requires('datasets:write')
  @Audited('dataset-tag', 'change')
  @ApiOperation({ summary: 'Rename a label' })
  @ApiResponse({ status: 200, standardSchema: labelSchema })
  async rename(
    @Req() { tenantId }: FastifyRequest,
    @Param('id') tagId: string,
    @Body({ schema: writeLabelSchema }) { name }: WriteLabelBody,
  ) {
    return labelView((await this.labels.renameTag({ tenantId, tagId, name })).tag);
  }

  @Delete('labels/:id')
  @Requires('datasets:write')
  @Audited('dataset-tag', 'delete')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete a label; the datasets that it was on stay' })
  @ApiResponse({ status: 204 })
  async delete(@Req() { tenantId }: FastifyRequest, @Param('id') tagId: string): Promise<void> {
    await this.labels.deleteTag({ tenantId, tagId });
  }

  @Put('datasets/:dataset/labels/:id')
  @Requires('datasets:write', { dataset: 'dataset' })
  @Audited('dataset-tag', 'bind')
  @HttpCode(204)
  @ApiOperation({ summary: 'Put a label on a dataset' })
  @ApiResponse({ status: 204 })
  async bind(
    @Req() { tenantId }: FastifyRequest,
    @Param('dataset') datasetId: string,
    @Param('id') tagId: string,
  ): Promise<void> {
    await this.labels.bindTags({ tenantId, datasetId, tagIds: [tagId], bound: true });
  }

  @Delete('datasets/:dataset/labels/:id')
  @Requires('datasets:write', { dataset: 'dataset' })
  @Audited('dataset-tag', 'unbind')
  @HttpCode(204)
  @ApiOperation({ summary: 'Take a label off a dataset' })
  @ApiResponse({ status: 204 })
  async unbind(
    @Req() { tenantId }: FastifyRequest,
    @Param('dataset') datasetId: string,
    @Param('id') tagId: string,
  ): Promise<void> {
    await this.labels.bindTags({ tenantId, datasetId, tagIds: [tagId], bound: false });
  }
}

function labelView(tag: Tag | undefined) {
  if (!tag) throw FailureError.of('internal', 'Retrieval changed a label and did not say what came of it.');
  return { id: tag.id, name: tag.name, dataset_ids: tag.datasetIds };
}
