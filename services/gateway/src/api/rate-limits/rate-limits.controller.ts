import { Body, Controller, Get, Param, Put, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { ManageKeys } from '../../domain/keys/manage-keys.js';
import { Organisations } from '../../domain/people/organisations.js';
import { RateLimits } from '../../domain/rate-limits/rate-limits.js';
import { Audited } from '../audit/audited.js';
import { Requires } from '../auth/access.js';
import { errorSchema } from '../errors/error-body.js';
import { keyId } from '../keys/key-id.js';
import { type RatesBody, ratesSchema } from './rate-limit.schemas.js';

/** How often one key or one organisation may ask, where that is not what the installation says. Counts everywhere within five seconds. */
@ApiTags('rate limits')
@ApiBearerAuth()
@ApiResponse({ status: 'default', standardSchema: errorSchema, description: 'What went wrong.' })
@Controller('api/v1')
export class RateLimitsController {
  constructor(
    private readonly limits: RateLimits,
    private readonly keys: ManageKeys,
    private readonly organisations: Organisations,
  ) {}

  @Get('keys/:id/rate-limits')
  @Requires('keys:manage')
  @ApiOperation({ summary: 'The rates that were set for a key' })
  @ApiResponse({ status: 200, standardSchema: ratesSchema })
  async ofKey(@Req() { tenantId }: FastifyRequest, @Param('id') id: string) {
    const { id: found } = await this.keys.get(tenantId, keyId(id));
    return this.limits.store.get('key', String(found));
  }

  @Put('keys/:id/rate-limits')
  @Requires('keys:manage')
  @Audited('key', 'limit')
  @ApiOperation({ summary: 'Set the rates of a key; those of its organisation hold besides' })
  @ApiResponse({ status: 200, standardSchema: ratesSchema })
  async setOfKey(
    @Req() { tenantId }: FastifyRequest,
    @Param('id') id: string,
    @Body({ schema: ratesSchema }) rates: RatesBody,
  ) {
    const { id: found } = await this.keys.get(tenantId, keyId(id));
    await this.limits.store.set('key', String(found), rates);
    return rates;
  }

  @Get('organisations/:id/rate-limits')
  @Requires('installation:manage')
  @ApiOperation({ summary: 'The rates that were set for an organisation' })
  @ApiResponse({ status: 200, standardSchema: ratesSchema })
  async ofOrganisation(@Param('id') id: string) {
    await this.organisations.get(id);
    return this.limits.store.get('tenant', id);
  }

  @Put('organisations/:id/rate-limits')
  @Requires('installation:manage')
  @Audited('organisation', 'limit')
  @ApiOperation({ summary: 'Set the rates of an organisation' })
  @ApiResponse({ status: 200, standardSchema: ratesSchema })
  async setOfOrganisation(@Param('id') id: string, @Body({ schema: ratesSchema }) rates: RatesBody) {
    await this.organisations.get(id);
    await this.limits.store.set('tenant', id, rates);
    return rates;
  }
}
