import { Body, Controller, Get, HttpCode, Inject, Post, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { StoreUpkeep } from '../../domain/ports.js';
import { Audited, NotAudited } from '../audit/audited.js';
import { Requires } from '../auth/access.js';
import { errorSchema } from '../errors/error-body.js';
import { STORE_UPKEEP } from '../tokens.js';
import {
  rebuildsSchema,
  type StartRebuildBody,
  startRebuildSchema,
  storeStatusSchema,
  type VerifyBody,
  verifiedSchema,
  verifySchema,
} from './upkeep.schemas.js';
import { rebuildView, storeStatusView, verifiedView } from './upkeep.view.js';

const wholeInstallation = '';
const sameAnswers = 'it brings the store to what is committed, and changes nothing that anybody sees';

/** The vector store: its state, verifying and rebuilding. Copies are shared by organisations, so rebuilding concerns the installation. */
@ApiTags('retrieval')
@ApiBearerAuth()
@ApiResponse({ status: 'default', standardSchema: errorSchema, description: 'What went wrong.' })
@Controller('api/v1/retrieval')
export class UpkeepController {
  constructor(@Inject(STORE_UPKEEP) private readonly upkeep: StoreUpkeep) {}

  @Get('status')
  @Requires('datasets:manage')
  @ApiOperation({ summary: "The state of the vector store for the organisation's datasets" })
  @ApiResponse({ status: 200, standardSchema: storeStatusSchema })
  async status(@Req() { tenantId }: FastifyRequest) {
    return storeStatusView(await this.upkeep.getStoreStatus({ tenantId }));
  }

  @Post('verify')
  @Requires('datasets:manage')
  @NotAudited(sameAnswers)
  @HttpCode(200)
  @ApiOperation({
    summary: "Compare the organisation's datasets with the vector store, and mend what differs",
    description: 'Looks at some thousand points; called again with its cursor until that is null.',
  })
  @ApiResponse({ status: 200, standardSchema: verifiedSchema })
  verify(@Req() { tenantId }: FastifyRequest, @Body({ schema: verifySchema }) body: VerifyBody) {
    return this.verified(tenantId, body);
  }

  @Get('installation/status')
  @Requires('installation:manage')
  @ApiOperation({ summary: 'The state of the vector store for all organisations' })
  @ApiResponse({ status: 200, standardSchema: storeStatusSchema })
  async installationStatus() {
    return storeStatusView(await this.upkeep.getStoreStatus({ tenantId: wholeInstallation }));
  }

  @Post('installation/verify')
  @Requires('installation:manage')
  @NotAudited(sameAnswers)
  @HttpCode(200)
  @ApiOperation({ summary: 'Compare the datasets of all organisations with the vector store, and mend what differs' })
  @ApiResponse({ status: 200, standardSchema: verifiedSchema })
  verifyInstallation(@Body({ schema: verifySchema }) body: VerifyBody) {
    return this.verified(wholeInstallation, body);
  }

  @Post('installation/rebuilds')
  @Requires('installation:manage')
  @Audited('vector-store', 'rebuild')
  @HttpCode(202)
  @ApiOperation({
    summary: 'Build the copies in the vector store anew beside those that serve, check them and switch',
    description: 'The status tells how far it is. Searches and writes go on meanwhile.',
  })
  @ApiResponse({ status: 202, standardSchema: rebuildsSchema })
  async rebuild(@Body({ schema: startRebuildSchema }) { model }: StartRebuildBody) {
    return { items: (await this.upkeep.startRebuild({ model })).rebuilds.map(rebuildView) };
  }

  private async verified(tenantId: string, { dataset_ids: datasetIds, dry_run: dryRun, cursor }: VerifyBody) {
    return verifiedView(await this.upkeep.verifyStore({ tenantId, datasetIds, dryRun, cursor }));
  }
}
