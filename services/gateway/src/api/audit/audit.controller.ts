import { Readable } from 'node:stream';
import { Controller, Get, Inject, Post, Query, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AuditStore } from '../../domain/audit/audit-store.js';
import { Checkpoints } from '../../domain/audit/checkpoints.js';
import { entriesOf, exportLines } from '../../domain/audit/export-audit.js';
import { Requires } from '../auth/access.js';
import { errorSchema } from '../errors/error-body.js';
import { AUDIT_STORE } from '../tokens.js';
import {
  auditPageSchema,
  checkpointSchema,
  checkpointsSchema,
  type ExportAuditQuery,
  exportAuditSchema,
  type ListAuditQuery,
  listAuditSchema,
} from './audit.schemas.js';
import { auditView, csvHeader, csvLine } from './audit.view.js';
import { NotAudited } from './audited.js';

/** Who changed what, who came in and who was refused. */
@ApiTags('audit')
@ApiBearerAuth()
@ApiResponse({ status: 'default', standardSchema: errorSchema, description: 'What went wrong.' })
@Controller('api/v1/audit')
export class AuditController {
  constructor(
    @Inject(AUDIT_STORE) private readonly store: AuditStore,
    private readonly checkpoints: Checkpoints,
  ) {}

  @Get()
  @Requires('audit:read')
  @ApiOperation({ summary: 'The audit log, newest first' })
  @ApiResponse({ status: 200, standardSchema: auditPageSchema })
  async list(@Req() { tenantId }: FastifyRequest, @Query({ schema: listAuditSchema }) query: ListAuditQuery) {
    const { cursor, limit, ...filters } = query;
    const found = await this.store.list(tenantId, filters, cursor, limit + 1);
    const items = found.slice(0, limit);
    const last = items.at(-1)?.entry.seq;
    return { items: items.map(auditView), next_cursor: found.length > limit ? String(last) : null };
  }

  @Get('checkpoints')
  @Requires('audit:read')
  @ApiOperation({
    summary: 'Signed points of the chain, and the keys that have signed them',
    description: 'Whoever keeps a copy elsewhere needs to believe nobody. Made every ten minutes while the log grows.',
  })
  @ApiResponse({ status: 200, standardSchema: checkpointsSchema })
  async listCheckpoints(@Req() { tenantId }: FastifyRequest) {
    return { items: await this.checkpoints.list(tenantId), keys: await this.checkpoints.keys() };
  }

  @Post('checkpoints')
  @Requires('audit:read')
  @NotAudited('it signs what is there and changes nothing')
  @ApiOperation({ summary: 'Sign where the chain ends now' })
  @ApiResponse({ status: 201, standardSchema: checkpointSchema })
  async makeCheckpoint(@Req() { tenantId }: FastifyRequest) {
    return { checkpoint: (await this.checkpoints.make(tenantId)) ?? null };
  }

  @Get('export')
  @Requires('audit:read')
  @ApiOperation({
    summary: 'The audit log as a file, oldest first',
    description:
      'JSON lines: first where the chain begins, then every entry with its hash, last where the chain ends. Without filters `treadle audit verify` checks it. A file without its last line broke off.',
  })
  @ApiProduces('application/jsonl', 'text/csv')
  @ApiResponse({ status: 200, description: 'A stream of lines.' })
  async export(
    @Req() { tenantId }: FastifyRequest,
    @Query({ schema: exportAuditSchema }) { format, ...filters }: ExportAuditQuery,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const csv = format === 'csv';
    void reply.headers({
      'content-type': csv ? 'text/csv; charset=utf-8; header=present' : 'application/jsonl; charset=utf-8',
      'content-disposition': `attachment; filename="audit.${format}"`,
      'cache-control': 'no-store',
    });
    await reply.send(Readable.from(csv ? this.csvLines(tenantId, filters) : this.jsonLines(tenantId, filters)));
  }

  private async *jsonLines(tenantId: string, filters: Omit<ExportAuditQuery, 'format'>) {
    const checkpoints = await this.checkpoints.list(tenantId);
    for await (const line of exportLines(this.store, tenantId, filters, checkpoints)) yield `${JSON.stringify(line)}\n`;
  }

  private async *csvLines(tenantId: string, filters: Omit<ExportAuditQuery, 'format'>) {
    const [start, end] = [await this.store.start(tenantId), await this.store.head(tenantId)];
    yield csvHeader;
    for await (const link of entriesOf(this.store, tenantId, filters, start.seq, end.seq)) yield csvLine(link);
  }
}
