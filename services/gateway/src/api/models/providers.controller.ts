import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Put, Query, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { FailureError } from '@treadle/failure';
import type { FastifyRequest } from 'fastify';
import type { ModelAdmin } from '../../domain/ports.js';
import { Audited, NotAudited } from '../audit/audited.js';
import { Requires } from '../auth/access.js';
import { errorSchema } from '../errors/error-body.js';
import { MODEL_ADMIN } from '../tokens.js';
import {
  type ListQuery,
  listSchema,
  providerPageSchema,
  providerTestSchema,
  type SaveProviderBody,
  savedProviderSchema,
  saveProviderSchema,
  testProviderSchema,
} from './model.schemas.js';
import { providerTestView, providerView } from './model.view.js';

@ApiTags('models')
@ApiBearerAuth()
@ApiResponse({ status: 'default', standardSchema: errorSchema, description: 'What went wrong.' })
@Controller('api/v1/models/providers')
export class ProvidersController {
  constructor(@Inject(MODEL_ADMIN) private readonly admin: ModelAdmin) {}

  @Get()
  @Requires('models:read')
  @ApiOperation({ summary: 'List providers' })
  @ApiResponse({ status: 200, standardSchema: providerPageSchema })
  async list(@Req() { tenantId }: FastifyRequest, @Query({ schema: listSchema }) page: ListQuery) {
    const { providers, nextCursor } = await this.admin.listProviders({ tenantId, ...page });
    return { items: providers.map(providerView), next_cursor: nextCursor || null };
  }

  @Put(':name')
  @Requires('models:manage')
  @Audited('provider', 'save')
  @ApiOperation({ summary: 'Test a provider by a call and save it' })
  @ApiResponse({ status: 200, standardSchema: savedProviderSchema })
  async save(
    @Req() { tenantId }: FastifyRequest,
    @Param('name') name: string,
    @Body({ schema: saveProviderSchema }) body: SaveProviderBody,
  ) {
    const saved = await this.admin.saveProvider({
      tenantId,
      provider: {
        name,
        kind: body.kind,
        baseUrl: body.base_url,
        optionsJson: JSON.stringify(body.options),
        keyHint: '',
        mergesRepeats: body.merges_repeats,
        fromEnvironment: false,
        updatedAtUnixMs: 0,
      },
      testModel: body.test_model,
      ...(body.api_key !== undefined && { apiKey: body.api_key }),
    });
    return { ...providerView(told(saved.provider)), test: providerTestView(told(saved.test)) };
  }

  @Delete(':name')
  @Requires('models:manage')
  @Audited('provider', 'delete')
  @HttpCode(204)
  @ApiOperation({ summary: 'Forget a provider and its key' })
  async remove(@Req() { tenantId }: FastifyRequest, @Param('name') name: string): Promise<void> {
    await this.admin.deleteProvider({ tenantId, name });
  }

  @Post(':name/test')
  @Requires('models:manage')
  @NotAudited('changes nothing')
  @HttpCode(200)
  @ApiOperation({ summary: 'Ask a saved provider something short' })
  @ApiResponse({ status: 200, standardSchema: providerTestSchema })
  async test(
    @Req() { tenantId }: FastifyRequest,
    @Param('name') name: string,
    @Body({ schema: testProviderSchema }) { model }: { model: string },
  ) {
    const { test } = await this.admin.testProvider({ tenantId, name, model });
    return providerTestView(told(test));
  }
}

function told<T>(value: T | undefined): T {
  if (value === undefined) throw FailureError.of('internal', 'The model proxy saved something and did not say what.');
  return value;
}
