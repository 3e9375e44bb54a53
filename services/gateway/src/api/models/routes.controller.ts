import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Put, Query, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { ModelAdmin } from '../../domain/ports.js';
import { Audited } from '../audit/audited.js';
import { Requires } from '../auth/access.js';
import { errorSchema } from '../errors/error-body.js';
import { MODEL_ADMIN } from '../tokens.js';
import {
  type ListQuery,
  listSchema,
  routePageSchema,
  routeSchema,
  type SaveRouteBody,
  saveRouteSchema,
} from './model.schemas.js';
import { routeView } from './model.view.js';

@ApiTags('models')
@ApiBearerAuth()
@ApiResponse({ status: 'default', standardSchema: errorSchema, description: 'What went wrong.' })
@Controller('api/v1/models/routes')
export class RoutesController {
  constructor(@Inject(MODEL_ADMIN) private readonly admin: ModelAdmin) {}

  @Get()
  @Requires('models:read')
  @ApiOperation({ summary: 'List routes' })
  @ApiResponse({ status: 200, standardSchema: routePageSchema })
  async list(@Req() { tenantId }: FastifyRequest, @Query({ schema: listSchema }) page: ListQuery) {
    const { routes, nextCursor } = await this.admin.listRoutes({ tenantId, ...page });
    return { items: routes.map(routeView), next_cursor: nextCursor || null };
  }

  @Put(':name')
  @Requires('models:manage')
  @Audited('route', 'save')
  @ApiOperation({ summary: 'Save a route' })
  @ApiResponse({ status: 200, standardSchema: routeSchema })
  async save(
    @Req() { tenantId }: FastifyRequest,
    @Param('name') name: string,
    @Body({ schema: saveRouteSchema }) { targets, rules }: SaveRouteBody,
  ) {
    const asked = { name, targets, rulesJson: JSON.stringify(rules), updatedAtUnixMs: 0 };
    const { route = asked } = await this.admin.saveRoute({ tenantId, route: asked });
    return routeView(route);
  }

  @Delete(':name')
  @Requires('models:manage')
  @Audited('route', 'delete')
  @HttpCode(204)
  @ApiOperation({ summary: 'Forget a route' })
  async remove(@Req() { tenantId }: FastifyRequest, @Param('name') name: string): Promise<void> {
    await this.admin.deleteRoute({ tenantId, name });
  }
}
