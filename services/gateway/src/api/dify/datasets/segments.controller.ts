import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Chunk } from '@treadle/contracts';
import type { FastifyRequest } from 'fastify';
import { Audited } from '../../audit/audited.js';
import { Requires } from '../../auth/access.js';
import { difyErrorSchema } from '../dify.schemas.js';
import { difyFailure } from '../dify-error.js';
import { DifyDocumentChunks, type DocumentPlace } from './document-chunks.js';
import { pageView } from './page.js';
import { docFormOf } from './process-rule.js';
import {
  type CreateSegmentsBody,
  createSegmentsSchema,
  type ListSegmentsQuery,
  listSegmentsSchema,
  segmentPageSchema,
  segmentSchema,
  segmentsSchema,
  type UpdateSegmentBody,
  updateSegmentSchema,
} from './segment.schemas.js';
import { segmentView } from './segment.view.js';

@ApiTags('dify datasets')
@ApiBearerAuth()
@ApiResponse({ status: 'default', standardSchema: difyErrorSchema, description: 'What went wrong.' })
@Controller('v1/datasets/:dataset/documents/:document/segments')
export class DifySegmentsController {
  constructor(private readonly chunks: DifyDocumentChunks) {}

  @Get()
  @Requires('datasets:read', { dataset: 'dataset' })
  @ApiOperation({ summary: 'List the segments of a document by position' })
  @ApiResponse({ status: 200, standardSchema: segmentPageSchema })
  async list(
    @Req() { tenantId }: FastifyRequest,
    @Param('dataset') datasetId: string,
    @Param('document') documentId: string,
    @Query({ schema: listSegmentsSchema }) { status, ...asked }: ListSegmentsQuery,
  ) {
    const place = { tenantId, datasetId, documentId };
    const { chunks, total } = await this.chunks.segments(place, asked);
    // Only what is indexed is shown.
    const none = status.length > 0 && !status.includes('completed');
    const { data, doc_form } = await this.shown(place, none ? [] : chunks);
    return { ...pageView(data, none ? 0 : total, asked), doc_form };
  }

  @Post()
  @Requires('datasets:write', { dataset: 'dataset' })
  @Audited('chunk', 'create')
  @HttpCode(200)
  @ApiOperation({ summary: 'Add segments at the end of a document; they are found at once' })
  @ApiResponse({ status: 200, standardSchema: segmentsSchema })
  async create(
    @Req() { tenantId }: FastifyRequest,
    @Param('dataset') datasetId: string,
    @Param('document') documentId: string,
    @Body({ schema: createSegmentsSchema }) { segments }: CreateSegmentsBody,
  ) {
    const place = { tenantId, datasetId, documentId };
    const made: Chunk[] = [];
    for (const { content, answer, keywords } of segments) {
      const keywordsJson = keywords ? JSON.stringify(keywords) : undefined;
      made.push(await this.chunks.save(place, { content, answer: answer ?? undefined, keywordsJson }));
    }
    return this.shown(place, made);
  }

  @Get(':id')
  @Requires('datasets:read', { dataset: 'dataset' })
  @ApiOperation({ summary: 'Read a segment' })
  @ApiResponse({ status: 200, standardSchema: segmentSchema })
  async get(
    @Req() { tenantId }: FastifyRequest,
    @Param('dataset') datasetId: string,
    @Param('document') documentId: string,
    @Param('id') segmentId: string,
  ) {
    const place = { tenantId, datasetId, documentId };
    return this.shownOne(place, await this.chunks.segment(place, segmentId));
  }

  @Post(':id')
  @Requires('datasets:write', { dataset: 'dataset' })
  @Audited('chunk', 'change')
  @HttpCode(200)
  @ApiOperation({ summary: 'Change, enable or disable a segment; what is left out stays as it is' })
  @ApiResponse({ status: 200, standardSchema: segmentSchema })
  async update(
    @Req() { tenantId }: FastifyRequest,
    @Param('dataset') datasetId: string,
    @Param('document') documentId: string,
    @Param('id') segmentId: string,
    @Body({ schema: updateSegmentSchema }) { segment }: UpdateSegmentBody,
  ) {
    const place = { tenantId, datasetId, documentId };
    if (segment.regenerate_child_chunks) throw noRegeneration();
    await this.chunks.segment(place, segmentId);
    const { content, answer, enabled, keywords } = segment;
    const saved = await this.chunks.save(place, {
      chunkId: segmentId,
      ...{ content: content ?? undefined, answer: answer ?? undefined, enabled: enabled ?? undefined },
      keywordsJson: keywords ? JSON.stringify(keywords) : undefined,
    });
    return this.shownOne(place, saved);
  }

  @Delete(':id')
  @Requires('datasets:write', { dataset: 'dataset' })
  @Audited('chunk', 'delete')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete a segment with its child chunks' })
  @ApiResponse({ status: 204 })
  async delete(
    @Req() { tenantId }: FastifyRequest,
    @Param('dataset') datasetId: string,
    @Param('document') documentId: string,
    @Param('id') segmentId: string,
  ): Promise<void> {
    const place = { tenantId, datasetId, documentId };
    await this.chunks.segment(place, segmentId);
    await this.chunks.delete(place, segmentId);
  }

  private async shown(place: DocumentPlace, segments: readonly Chunk[]) {
    const document = await this.chunks.document(place);
    const doc_form = docFormOf(await this.chunks.docForm(place));
    const children = await this.chunks.allChildren(place, segments);
    return { data: segments.map((segment) => segmentView(segment, document, children)), doc_form };
  }

  private async shownOne(place: DocumentPlace, segment: Chunk) {
    const document = await this.chunks.document(place);
    const children = await this.chunks.allChildren(place, [segment]);
    return { data: segmentView(segment, document, children), doc_form: docFormOf(await this.chunks.docForm(place)) };
  }
}

function noRegeneration() {
  const message =
    'Child chunks are not cut anew from a changed segment here. Change them one by one, or give the document a new text.';
  return difyFailure('invalid_param', message, 'segment.regenerate_child_chunks');
}
