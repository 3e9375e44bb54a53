import { Controller, Get, Inject, Param, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { EndUsers } from '../../domain/end-users.js';
import type { Models } from '../../domain/ports.js';
import { Open, Requires } from '../auth/access.js';
import { MODELS } from '../tokens.js';
import { appOf } from './app.js';
import { difyErrorSchema } from './dify.schemas.js';
import { difyFailure } from './dify-error.js';
import { modelsView } from './models.view.js';

const anyObject = { type: 'object', additionalProperties: true } as const;

@ApiTags('dify')
@ApiResponse({ status: 'default', standardSchema: difyErrorSchema, description: 'What went wrong.' })
@Controller('v1')
export class DifyWorkspaceController {
  constructor(
    private readonly endUsers: EndUsers,
    @Inject(MODELS) private readonly models: Models,
  ) {}

  @Get()
  @Open('tells only what answers here')
  @ApiOperation({ summary: 'What answers here' })
  @ApiResponse({ status: 200, schema: anyObject })
  root() {
    return { welcome: 'Treadle, for clients of Dify', api_version: 'v1', server_version: '1.14.0' };
  }

  @Get('end-users/:id')
  @Requires('conversations:read', 'the app of the key')
  @ApiBearerAuth()
  @ApiOperation({ summary: 'An end user of the app' })
  @ApiResponse({ status: 200, schema: anyObject })
  async endUser(@Req() http: FastifyRequest, @Param('id') id: string) {
    const { tenantId, workflowId } = appOf(http);
    const isId = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id);
    const user = isId ? await this.endUsers.get(tenantId, workflowId, id) : undefined;
    if (!user) throw difyFailure('not_found', 'There is no such end user.');
    const at = new Date(user.createdUnixMs).toISOString();
    return {
      id,
      tenant_id: tenantId,
      app_id: workflowId,
      type: 'service_api',
      external_user_id: user.name,
      name: null,
      is_anonymous: false,
      session_id: user.name,
      created_at: at,
      updated_at: at,
    };
  }

  @Get('workspaces/current/models/model-types/:type')
  @Requires('models:read', 'nothing there')
  @ApiBearerAuth()
  @ApiOperation({ summary: 'The models of a type' })
  @ApiResponse({ status: 200, schema: anyObject })
  async list(@Req() { tenantId }: FastifyRequest, @Param('type') type: string) {
    return { data: modelsView(await this.models.listModels({ tenantId }), tenantId, type) };
  }
}
