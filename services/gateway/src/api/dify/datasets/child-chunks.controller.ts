import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Audited } from '../../audit/audited.js';
import { Requires } from '../../auth/access.js';
import { difyErrorSchema } from '../dify.schemas.js';
import { DifyDocumentChunks, type DocumentPlace } from './document-chunks.js';
import {
  type ChildChunkBody,
  childChunkBodySchema,
  childChunkPageSchema,
  childChunkSchema,
  type ListChildChunksQuery,
  listChildChunksSchema,
} from './segment.schemas.js';
import { childChunkView } from './segment.view.js';

/** What the address names. */
interface Address {
  readonly dataset: string;
  readonly document: string;
  readonly segment: string;
}

@ApiTags('dify datasets')
@ApiBearerAuth()
@ApiResponse({ status: 'default', standardSchema: difyErrorSchema, description: 'What went wrong.' })
@Controller('v1/datasets/:dataset/documents/:document/segments/:segment/child_chunks')
export class DifyChildChunksController {
  constructor(private readonly chunks: DifyDocumentChunks) {}

  @Get()
  @Requires('datasets:read', { dataset: 'dataset' })
  @ApiOperation({ summary: 'List the child chunks of a segment' })
  @ApiResponse({ status: 200, standardSchema: childChunkPageSchema })
  async list(
    @Req() http: FastifyRequest,
    @Param() address: Address,
    @Query({ schema: listChildChunksSchema }) asked: ListChildChunksQuery,
  ) {
    const place = placeOf(http, address);
    const { chunks, total } = await this.chunks.children(place, address.segment, asked);
    const document = await this.chunks.document(place);
    const { page, limit } = asked;
    const data = chunks.map((chunk) => childChunkView(chunk, document));
    return { data, total, page, limit, total_pages: Math.ceil(total / limit) };
  }

  @Post()
  @Requires('datasets:write', { dataset: 'dataset' })
  @Audited('chunk', 'create')
  @HttpCode(200)
  @ApiOperation({ summary: 'Add a child chunk to a segment, which is then found by its child chunks' })
  @ApiResponse({ status: 200, standardSchema: childChunkSchema })
  async create(
    @Req() http: FastifyRequest,
    @Param() address: Address,
    @Body({ schema: childChunkBodySchema }) { content }: ChildChunkBody,
  ) {
    const place = placeOf(http, address);
    const { id: parentId } = await this.chunks.segment(place, address.segment);
    const chunk = await this.chunks.save(place, { content, parentId });
    return { data: childChunkView(chunk, await this.chunks.document(place)) };
  }

  @Patch(':id')
  @Requires('datasets:write', { dataset: 'dataset' })
  @Audited('chunk', 'change')
  @ApiOperation({ summary: 'Change a child chunk' })
  @ApiResponse({ status: 200, standardSchema: childChunkSchema })
  async update(
    @Req() http: FastifyRequest,
    @Param() address: Address,
    @Param('id') chunkId: string,
    @Body({ schema: childChunkBodySchema }) { content }: ChildChunkBody,
  ) {
    const place = placeOf(http, address);
    await this.chunks.child(place, address.segment, chunkId);
    const chunk = await this.chunks.save(place, { chunkId, content });
    return { data: childChunkView(chunk, await this.chunks.document(place)) };
  }

  @Delete(':id')
  @Requires('datasets:write', { dataset: 'dataset' })
  @Audited('chunk', 'delete')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete a child chunk' })
  @ApiResponse({ status: 204 })
  async delete(@Req() http: FastifyRequest, @Param() address: Address, @Param('id') chunkId: string): Promise<void> {
    const place = placeOf(http, address);
    await this.chunks.child(place, address.segment, chunkId);
    await this.chunks.delete(place, chunkId);
  }
}

function placeOf({ tenantId }: FastifyRequest, { dataset, document }: Address): DocumentPlace {
  return { tenantId, datasetId: dataset, documentId: document };
}
