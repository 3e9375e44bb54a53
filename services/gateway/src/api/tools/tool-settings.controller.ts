import { Body, Controller, Delete, HttpCode, Inject, Param, Post, Put, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { ToolAdmin } from '../../domain/ports.js';
import { Audited, NotAudited } from '../audit/audited.js';
import { Requires } from '../auth/access.js';
import { errorSchema } from '../errors/error-body.js';
import { TOOL_ADMIN } from '../tokens.js';
import {
  credentialSchema,
  credentialTestSchema,
  type PolicyBody,
  policySchema,
  type SaveCredentialBody,
  saveCredentialSchema,
  testCredentialSchema,
  toolSchema,
} from './tool.schemas.js';
import { credentialView, told, toolView, toPolicy } from './tool.view.js';

/** What is saved about toolsets beside their sources. */
@ApiTags('tools')
@ApiBearerAuth()
@ApiResponse({ status: 'default', standardSchema: errorSchema, description: 'What went wrong.' })
@Controller('api/v1/tools/toolsets/:toolset')
export class ToolSettingsController {
  constructor(@Inject(TOOL_ADMIN) private readonly admin: ToolAdmin) {}

  @Put('tools/:tool/policy')
  @Requires('tools:manage')
  @Audited('tool-policy', 'save')
  @ApiOperation({ summary: 'Save what holds for the calls of a tool, in every version' })
  @ApiResponse({ status: 200, standardSchema: toolSchema })
  async savePolicy(
    @Req() { tenantId }: FastifyRequest,
    @Param('toolset') toolset: string,
    @Param('tool') tool: string,
    @Body({ schema: policySchema }) body: PolicyBody,
  ) {
    const saved = await this.admin.saveToolPolicy({ tenantId, toolset, tool, policy: toPolicy(body) });
    return toolView(told(saved.tool));
  }

  @Delete('tools/:tool/policy')
  @Requires('tools:manage')
  @Audited('tool-policy', 'delete')
  @HttpCode(204)
  @ApiOperation({ summary: 'Forget the policy of a tool' })
  async removePolicy(
    @Req() { tenantId }: FastifyRequest,
    @Param('toolset') toolset: string,
    @Param('tool') tool: string,
  ): Promise<void> {
    await this.admin.deleteToolPolicy({ tenantId, toolset, tool });
  }

  @Put('credential')
  @Requires('tools:manage')
  @Audited('tool-credential', 'save')
  @ApiOperation({ summary: 'Save or replace the credential; calls that begin afterwards use it' })
  @ApiResponse({ status: 200, standardSchema: credentialSchema })
  async saveCredential(
    @Req() { tenantId }: FastifyRequest,
    @Param('toolset') toolset: string,
    @Body({ schema: saveCredentialSchema }) { type, hosts, values }: SaveCredentialBody,
  ) {
    const request = { tenantId, toolset, type, hosts, valuesJson: JSON.stringify(values) };
    const { credential } = await this.admin.saveCredential(request);
    return credentialView(told(credential));
  }

  @Delete('credential')
  @Requires('tools:manage')
  @Audited('tool-credential', 'delete')
  @HttpCode(204)
  @ApiOperation({ summary: 'Forget the credential' })
  async removeCredential(@Req() { tenantId }: FastifyRequest, @Param('toolset') toolset: string): Promise<void> {
    await this.admin.deleteCredential({ tenantId, toolset });
  }

  @Post('credential/test')
  @Requires('tools:manage')
  @NotAudited('changes nothing')
  @HttpCode(200)
  @ApiOperation({ summary: 'Send one GET request with the credential' })
  @ApiResponse({ status: 200, standardSchema: credentialTestSchema })
  async testCredential(
    @Req() { tenantId }: FastifyRequest,
    @Param('toolset') toolset: string,
    @Body({ schema: testCredentialSchema }) { url }: { url: string },
  ) {
    const { accepted, status, message } = await this.admin.testCredential({ tenantId, toolset, url });
    return { accepted, status: status || null, message };
  }
}
