import { Controller, Get, HttpCode, Inject, Param, Post, Query, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { FailureError } from '@treadle/failure';
import type { FastifyRequest } from 'fastify';
import type { Entries } from '../../domain/ports.js';
import { Audited } from '../audit/audited.js';
import { Requires } from '../auth/access.js';
import { errorSchema } from '../errors/error-body.js';
import { publicAddress } from '../server/public-address.js';
import { ENTRIES, PUBLIC_URL } from '../tokens.js';
import {
  type ListTriggersQuery,
  listTriggersQuery,
  rotatedWebhookSchema,
  webhookListSchema,
} from './trigger.schemas.js';
import { webhookView } from './trigger.view.js';

@ApiTags('webhooks')
@ApiBearerAuth()
@ApiResponse({ status: 'default', standardSchema: errorSchema, description: 'What went wrong.' })
@Controller('api/v1/webhooks')
export class WebhooksController {
  constructor(
    @Inject(ENTRIES) private readonly entries: Entries,
    @Inject(PUBLIC_URL) private readonly publicUrl: string,
  ) {}

  @Get()
  @Requires('triggers:read')
  @ApiOperation({ summary: 'List webhooks, those of old versions included' })
  @ApiResponse({ status: 200, standardSchema: webhookListSchema })
  async list(
    @Req() request: FastifyRequest,
    @Query({ schema: listTriggersQuery }) { workflow_id: workflowId }: ListTriggersQuery,
  ) {
    const { webhooks } = await this.entries.listWebhooks({ tenantId: request.tenantId, workflowId });
    const address = publicAddress(request, this.publicUrl);
    return { items: webhooks.map((webhook) => webhookView(webhook, address)) };
  }

  @Post(':id/rotate-secret')
  @Requires('triggers:manage')
  @Audited('webhook', 'rotate-secret')
  @HttpCode(200)
  @ApiOperation({ summary: 'Give a webhook a new secret; the old one is worth nothing from then on' })
  @ApiResponse({ status: 200, standardSchema: rotatedWebhookSchema })
  async rotate(@Req() request: FastifyRequest, @Param('id') webhookId: string) {
    const { webhook, secret } = await this.entries.rotateWebhookSecret({ tenantId: request.tenantId, webhookId });
    if (!webhook) throw FailureError.of('internal', 'The orchestrator changed a secret and did not say whose.');
    return { ...webhookView(webhook, publicAddress(request, this.publicUrl)), secret };
  }
}
