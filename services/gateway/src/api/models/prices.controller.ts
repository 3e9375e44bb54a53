import { Body, Controller, Delete, Get, HttpCode, Inject, Put, Query, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { ModelAdmin } from '../../domain/ports.js';
import { Audited } from '../audit/audited.js';
import { Requires } from '../auth/access.js';
import { errorSchema } from '../errors/error-body.js';
import { MODEL_ADMIN } from '../tokens.js';
import {
  deletePriceSchema,
  type ListQuery,
  listSchema,
  pricePageSchema,
  priceSchema,
  type SavePriceBody,
  savePriceSchema,
} from './model.schemas.js';
import { priceView } from './model.view.js';

@ApiTags('models')
@ApiBearerAuth()
@ApiResponse({ status: 'default', standardSchema: errorSchema, description: 'What went wrong.' })
@Controller('api/v1/models/prices')
export class PricesController {
  constructor(@Inject(MODEL_ADMIN) private readonly admin: ModelAdmin) {}

  @Get()
  @Requires('models:read')
  @ApiOperation({ summary: 'List the saved prices; those that ship with Treadle hold for every other model' })
  @ApiResponse({ status: 200, standardSchema: pricePageSchema })
  async list(@Req() { tenantId }: FastifyRequest, @Query({ schema: listSchema }) page: ListQuery) {
    const { prices, nextCursor } = await this.admin.listPrices({ tenantId, ...page });
    return { items: prices.map(priceView), next_cursor: nextCursor || null };
  }

  @Put()
  @Requires('models:manage')
  @Audited('price', 'save')
  @ApiOperation({ summary: 'Save a price as a new version' })
  @ApiResponse({ status: 200, standardSchema: priceSchema })
  async save(@Req() { tenantId }: FastifyRequest, @Body({ schema: savePriceSchema }) body: SavePriceBody) {
    const asked = {
      provider: body.provider,
      model: body.model,
      inputPerMillion: body.input_per_million,
      cachedInputPerMillion: body.cached_input_per_million,
      outputPerMillion: body.output_per_million,
      perCall: body.per_call,
      validFromUnixMs: body.valid_from === undefined ? Date.now() : Date.parse(body.valid_from),
      version: 0,
    };
    const { price = asked } = await this.admin.savePrice({ tenantId, price: asked });
    return priceView(price);
  }

  @Delete()
  @Requires('models:manage')
  @Audited('price', 'delete')
  @HttpCode(204)
  @ApiOperation({ summary: 'Withdraw a saved price' })
  async remove(
    @Req() { tenantId }: FastifyRequest,
    @Query({ schema: deletePriceSchema }) price: { provider: string; model: string },
  ): Promise<void> {
    await this.admin.deletePrice({ tenantId, ...price });
  }
}
