import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Patch, Post, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Tag } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import type { FastifyRequest } from 'fastify';
import type { Datasets, Labels } from '../../../domain/ports.js';
import { Audited } from '../../audit/audited.js';
import { Requires } from '../../auth/access.js';
import { DATASETS, LABELS } from '../../tokens.js';
import { difyErrorSchema } from '../dify.schemas.js';
import { difyFailure } from '../dify-error.js';
import { told } from './found.js';
import {
  type BindTagsBody,
  bindTagsSchema,
  type CreateTagBody,
  createTagSchema,
  type DeleteTagBody,
  datasetTagsSchema,
  deleteTagSchema,
  type RenameTagBody,
  renameTagSchema,
  tagSchema,
  tagsSchema,
  type UnbindTagsBody,
  unbindTagsSchema,
} from './tag.schemas.js';

@ApiTags('dify datasets')
@ApiBearerAuth()
@ApiResponse({ status: 'default', standardSchema: difyErrorSchema, description: 'What went wrong.' })
@Controller('v1/datasets')
export class DifyTagsController {
  constructor(
    @Inject(LABELS) private readonly labels: Labels,
    @Inject(DATASETS) private readonly datasets: Datasets,
  ) {}

  @Get('tags')
  @Requires('datasets:read')
  @ApiOperation({ summary: 'List the tags of datasets' })
  @ApiResponse({ status: 200, standardSchema: tagsSchema })
  async list(@Req() { tenantId }: FastifyRequest) {
    return (await this.labels.listTags({ tenantId })).tags.map(tagView);
  }

  @Post('tags')
  @Requires('datasets:write')
  @Audited('dataset-tag', 'create')
  @HttpCode(200)
  @ApiOperation({ summary: 'Create a tag' })
  @ApiResponse({ status: 200, standardSchema: tagSchema })
  async create(@Req() { tenantId }: FastifyRequest, @Body({ schema: createTagSchema }) { name }: CreateTagBody) {
    return tagView(told((await unlessTaken(this.labels.createTag({ tenantId, name }))).tag));
  }

  @Patch('tags')
  @Requires('datasets:write')
  @Audited('dataset-tag', 'change')
  @ApiOperation({ summary: 'Rename a tag' })
  @ApiResponse({ status: 200, standardSchema: tagSchema })
  async rename(
    @Req() { tenantId }: FastifyRequest,
    @Body({ schema: renameTagSchema }) { tag_id: tagId, name }: RenameTagBody,
  ) {
    return tagView(told((await unlessTaken(this.labels.renameTag({ tenantId, tagId, name }))).tag));
  }

  @Delete('tags')
  @Requires('datasets:write')
  @Audited('dataset-tag', 'delete')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete a tag' })
  @ApiResponse({ status: 204 })
  async delete(
    @Req() { tenantId }: FastifyRequest,
    @Body({ schema: deleteTagSchema }) { tag_id: tagId }: DeleteTagBody,
  ): Promise<void> {
    await this.labels.deleteTag({ tenantId, tagId });
  }

  @Post('tags/binding')
  @Requires('datasets:write')
  @Audited('dataset-tag', 'bind')
  @HttpCode(204)
  @ApiOperation({ summary: 'Put tags on a dataset' })
  @ApiResponse({ status: 204 })
  async bind(
    @Req() { tenantId }: FastifyRequest,
    @Body({ schema: bindTagsSchema }) { tag_ids: tagIds, target_id: datasetId }: BindTagsBody,
  ): Promise<void> {
    await this.labels.bindTags({ tenantId, datasetId, tagIds, bound: true });
  }

  @Post('tags/unbinding')
  @Requires('datasets:write')
  @Audited('dataset-tag', 'unbind')
  @HttpCode(204)
  @ApiOperation({ summary: 'Take tags off a dataset' })
  @ApiResponse({ status: 204 })
  async unbind(
    @Req() { tenantId }: FastifyRequest,
    @Body({ schema: unbindTagsSchema }) { tag_ids: tagIds, target_id: datasetId }: UnbindTagsBody,
  ): Promise<void> {
    await this.labels.bindTags({ tenantId, datasetId, tagIds, bound: false });
  }

  @Get(':dataset/tags')
  @Requires('datasets:read', { dataset: 'dataset' })
  @ApiOperation({ summary: 'List the tags of a dataset' })
  @ApiResponse({ status: 200, standardSchema: datasetTagsSchema })
  async ofDataset(@Req() { tenantId }: FastifyRequest, @Param('dataset') datasetId: string) {
    await this.datasets.getDataset({ tenantId, datasetId });
    const { tags } = await this.labels.listTags({ tenantId });
    const data = tags.filter(({ datasetIds }) => datasetIds.includes(datasetId)).map(({ id, name }) => ({ id, name }));
    return { data, total: data.length };
  }
}

/** The count is a text, as Dify has it. */
function tagView({ id, name, datasetIds }: Tag) {
  return { id, name, type: 'knowledge' as const, binding_count: String(datasetIds.length) };
}

/** Only a dataset's name that is taken has a code of its own. */
export async function unlessTaken<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (!(error instanceof FailureError) || error.failure.code !== 'already_exists') throw error;
    throw difyFailure('invalid_param', error.message, 'name');
  }
}
