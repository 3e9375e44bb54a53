import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Patch, Post, Query, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { Datasets } from '../../domain/ports.js';
import { Audited } from '../audit/audited.js';
import { Requires } from '../auth/access.js';
import { errorSchema } from '../errors/error-body.js';
import { DATASETS } from '../tokens.js';
import {
  type CreateChunkBody,
  chunkPageSchema,
  chunkSchema,
  createChunkSchema,
  type ListChunksQuery,
  listChunksSchema,
  type UpdateChunkBody,
  updateChunkSchema,
} from './dataset.schemas.js';
import { chunkView } from './dataset.view.js';

@ApiTags('datasets')
@ApiBearerAuth()
@ApiResponse({ status: 'default', standardSchema: errorSchema, description: 'What went wrong.' })
@Controller('api/v1/datasets/:dataset/documents/:document/chunks')
export class ChunksController {
  constructor(@Inject(DATASETS) private readonly datasets: Datasets) {}

  @Get()
  @Requires('datasets:read', { dataset: 'dataset' })
  @ApiOperation({ summary: 'List the chunks of a document by position' })
  @ApiResponse({ status: 200, standardSchema: chunkPageSchema })
  async list(
    @Req() { tenantId }: FastifyRequest,
    @Param('dataset') datasetId: string,
    @Param('document') documentId: string,
    @Query({ schema: listChunksSchema }) page: ListChunksQuery,
  ) {
    const { chunks, nextCursor } = await this.datasets.listChunks({
      ...{ tenantId, datasetId, documentId, keyword: '', page: 0, ...page },
      ...{ parentIds: [], wholesOnly: false },
    });
    return { items: chunks.map(chunkView), next_cursor: nextCursor || null };
  }

  @Post()
  @Requires('datasets:write', { dataset: 'dataset' })
  @Audited('chunk', 'create')
  @ApiOperation({ summary: 'Add a chunk at the end of a document; it is found at once' })
  @ApiResponse({ status: 201, standardSchema: chunkSchema })
  async create(
    @Req() { tenantId }: FastifyRequest,
    @Param('dataset') datasetId: string,
    @Param('document') documentId: string,
    @Body({ schema: createChunkSchema }) { keywords, parent_id: parentId = '', ...given }: CreateChunkBody,
  ) {
    const chunk = { chunkId: '', parentId, ...given, keywordsJson: keywords && JSON.stringify(keywords) };
    return chunkView((await this.datasets.saveChunk({ tenantId, datasetId, documentId, ...chunk })).chunk);
  }

  @Patch(':id')
  @Requires('datasets:write', { dataset: 'dataset' })
  @Audited('chunk', 'change')
  @ApiOperation({ summary: 'Change, enable or disable a chunk; what is left out stays as it is' })
  @ApiResponse({ status: 200, standardSchema: chunkSchema })
  async update(
    @Req() { tenantId }: FastifyRequest,
    @Param('dataset') datasetId: string,
    @Param('document') documentId: string,
    @Param('id') chunkId: string,
    @Body({ schema: updateChunkSchema }) { keywords, ...given }: UpdateChunkBody,
  ) {
    const chunk = { chunkId, parentId: '', ...given, keywordsJson: keywords && JSON.stringify(keywords) };
    return chunkView((await this.datasets.saveChunk({ tenantId, datasetId, documentId, ...chunk })).chunk);
  }

  @Delete(':id')
  @Requires('datasets:write', { dataset: 'dataset' })
  @Audited('chunk', 'delete')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete a chunk' })
  @ApiResponse({ status: 204 })
  async delete(
    @Req() { tenantId }: FastifyRequest,
    @Param('dataset') datasetId: string,
    @Param('document') documentId: string,
    @Param('id') chunkId: string,
  ): Promise<void> {
    await this.datasets.deleteChunk({ tenantId, datasetId, documentId, chunkId });
  }
}
