import { Controller, Get, Inject, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Requires } from '../auth/access.js';
import { GATEWAY_PORTS } from '../tokens.js';
import { Apps } from './app.js';
import { infoSchema, metaSchema, parametersSchema, siteSchema } from './app.schemas.js';
import { infoView, parametersView, siteView } from './app.view.js';
import { difyErrorSchema } from './dify.schemas.js';

@ApiTags('dify')
@ApiBearerAuth()
@ApiResponse({ status: 'default', standardSchema: difyErrorSchema, description: 'What went wrong.' })
@Controller('v1')
export class DifyAppController {
  constructor(
    private readonly apps: Apps,
    @Inject(GATEWAY_PORTS) private readonly limits: { readonly maxUploadBytes: number },
  ) {}

  @Get('info')
  @Requires('runs:start', 'the app of the key')
  @ApiOperation({ summary: 'What the app is called' })
  @ApiResponse({ status: 200, standardSchema: infoSchema })
  async info(@Req() http: FastifyRequest) {
    return infoView(await this.apps.of(http));
  }

  @Get('parameters')
  @Requires('runs:start', 'the app of the key')
  @ApiOperation({ summary: 'What the app asks its users, and what it offers them' })
  @ApiResponse({ status: 200, standardSchema: parametersSchema })
  async parameters(@Req() http: FastifyRequest) {
    return parametersView(await this.apps.of(http), this.limits.maxUploadBytes);
  }

  @Get('meta')
  @Requires('runs:start', 'the app of the key')
  @ApiOperation({ summary: 'Pictures of the tools of the app: there are none here' })
  @ApiResponse({ status: 200, standardSchema: metaSchema })
  async meta(@Req() http: FastifyRequest) {
    await this.apps.of(http);
    return { tool_icons: {} };
  }

  @Get('site')
  @Requires('runs:start', 'the app of the key')
  @ApiOperation({ summary: 'How a page of the app looks' })
  @ApiResponse({ status: 200, standardSchema: siteSchema })
  async site(@Req() http: FastifyRequest) {
    return siteView(await this.apps.of(http));
  }
}
