import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Put, Query, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { RegisterToolsetRequest } from '@treadle/contracts';
import type { FastifyRequest } from 'fastify';
import type { ToolAdmin } from '../../domain/ports.js';
import { Audited } from '../audit/audited.js';
import { Requires } from '../auth/access.js';
import { errorSchema } from '../errors/error-body.js';
import { TOOL_ADMIN } from '../tokens.js';
import {
  type AddVersionBody,
  addVersionSchema,
  getToolsetSchema,
  type ListToolsetsQuery,
  listToolsetsSchema,
  promoteVersionSchema,
  registeredSchema,
  type SaveToolsetBody,
  type ShareVersionBody,
  saveToolsetSchema,
  shareVersionSchema,
  shownToolsetSchema,
  toolsetPageSchema,
  toolsetSchema,
} from './tool.schemas.js';
import { told, toolsetView, toolView, versionView } from './tool.view.js';

@ApiTags('tools')
@ApiBearerAuth()
@ApiResponse({ status: 'default', standardSchema: errorSchema, description: 'What went wrong.' })
@Controller('api/v1/tools/toolsets')
export class ToolsetsController {
  constructor(@Inject(TOOL_ADMIN) private readonly admin: ToolAdmin) {}

  @Get()
  @Requires('tools:read')
  @ApiOperation({ summary: 'List toolsets; the first page begins with those that every tenant has' })
  @ApiResponse({ status: 200, standardSchema: toolsetPageSchema })
  async list(@Req() { tenantId }: FastifyRequest, @Query({ schema: listToolsetsSchema }) page: ListToolsetsQuery) {
    const { toolsets, nextCursor } = await this.admin.listToolsets({ tenantId, ...page });
    return { items: toolsets.map(toolsetView), next_cursor: nextCursor || null };
  }

  @Get(':name')
  @Requires('tools:read')
  @ApiOperation({ summary: 'Show a toolset with its versions and the tools of one of them' })
  @ApiResponse({ status: 200, standardSchema: shownToolsetSchema })
  async show(
    @Req() { tenantId }: FastifyRequest,
    @Param('name') name: string,
    @Query({ schema: getToolsetSchema }) { version }: { version: number },
  ) {
    const { toolset, tools, versions } = await this.admin.getToolset({ tenantId, name, version });
    return { ...toolsetView(told(toolset)), tools: tools.map(toolView), versions: versions.map(versionView) };
  }

  @Put(':name')
  @Requires('tools:manage')
  @Audited('toolset', 'save')
  @ApiOperation({ summary: 'Register a toolset, or a new version of it where its source offers something else' })
  @ApiResponse({ status: 200, standardSchema: registeredSchema })
  async save(
    @Req() { tenantId }: FastifyRequest,
    @Param('name') name: string,
    @Body({ schema: saveToolsetSchema }) { kind, source, description, share }: SaveToolsetBody,
  ) {
    return this.register({
      ...{ tenantId, name, kind, share, description },
      sourceJson: JSON.stringify(source),
    });
  }

  @Post(':name/versions')
  @Requires('tools:manage')
  @Audited('toolset', 'add-version')
  @HttpCode(200)
  @ApiOperation({ summary: 'Read the source again, or another one; a new version where it offers something else' })
  @ApiResponse({ status: 200, standardSchema: registeredSchema })
  async addVersion(
    @Req() { tenantId }: FastifyRequest,
    @Param('name') name: string,
    @Body({ schema: addVersionSchema }) { source, share }: AddVersionBody,
  ) {
    // Only what is there can have another version.
    await this.admin.getToolset({ tenantId, name, version: 0 });
    const sourceJson = source === undefined ? '' : JSON.stringify(source);
    return this.register({ tenantId, name, kind: '', sourceJson, share, description: undefined });
  }

  @Post(':name/share')
  @Requires('tools:manage')
  @Audited('toolset', 'share')
  @HttpCode(200)
  @ApiOperation({ summary: 'Let a version serve a share of the calls' })
  @ApiResponse({ status: 200, standardSchema: toolsetSchema })
  async share(
    @Req() { tenantId }: FastifyRequest,
    @Param('name') name: string,
    @Body({ schema: shareVersionSchema }) { version = 0, share }: ShareVersionBody,
  ) {
    const { toolset } = await this.admin.shareVersion({ tenantId, name, version, share });
    return toolsetView(told(toolset));
  }

  @Post(':name/promote')
  @Requires('tools:manage')
  @Audited('toolset', 'promote')
  @HttpCode(200)
  @ApiOperation({ summary: 'Let the version that serves a share, or the one named, serve all calls' })
  @ApiResponse({ status: 200, standardSchema: toolsetSchema })
  async promote(
    @Req() { tenantId }: FastifyRequest,
    @Param('name') name: string,
    @Body({ schema: promoteVersionSchema }) { version = 0 }: { version?: number | undefined },
  ) {
    const { toolset } = await this.admin.shareVersion({ tenantId, name, version, share: 100 });
    return toolsetView(told(toolset));
  }

  @Post(':name/rollback')
  @Requires('tools:manage')
  @Audited('toolset', 'roll-back')
  @HttpCode(200)
  @ApiOperation({ summary: 'Take back the version that serves a share, else go back to the version before' })
  @ApiResponse({ status: 200, standardSchema: toolsetSchema })
  async rollBack(@Req() { tenantId }: FastifyRequest, @Param('name') name: string) {
    const { toolset } = await this.admin.rollBackToolset({ tenantId, name });
    return toolsetView(told(toolset));
  }

  @Delete(':name')
  @Requires('tools:manage')
  @Audited('toolset', 'delete')
  @HttpCode(204)
  @ApiOperation({ summary: 'Forget a toolset; runs that still call it fail and say so' })
  async remove(@Req() { tenantId }: FastifyRequest, @Param('name') name: string): Promise<void> {
    await this.admin.deleteToolset({ tenantId, name });
  }

  private async register(request: RegisterToolsetRequest) {
    const { toolset, version, changed } = await this.admin.registerToolset(request);
    return { ...toolsetView(told(toolset)), changed, version: versionView(told(version)) };
  }
}
