import { randomUUID } from 'node:crypto';
import { Body, Controller, Get, Headers, HttpCode, Inject, Param, Post, Query, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { ToolAdmin, Tools } from '../../domain/ports.js';
import { NotAudited } from '../audit/audited.js';
import { Requires } from '../auth/access.js';
import { errorSchema } from '../errors/error-body.js';
import { checkedKey } from '../runs/idempotency-key.js';
import { TOOL_ADMIN, TOOLS } from '../tokens.js';
import {
  type CallToolBody,
  callPageSchema,
  callToolSchema,
  type ListCallsQuery,
  listCallsSchema,
  toolAnswerSchema,
} from './tool.schemas.js';
import { answerView, callView } from './tool.view.js';

@ApiTags('tools')
@ApiBearerAuth()
@ApiResponse({ status: 'default', standardSchema: errorSchema, description: 'What went wrong.' })
@Controller('api/v1/tools')
export class ToolCallsController {
  constructor(
    @Inject(TOOLS) private readonly tools: Tools,
    @Inject(TOOL_ADMIN) private readonly admin: ToolAdmin,
  ) {}

  @Get('calls')
  @Requires('tools:read')
  @ApiOperation({ summary: 'The record of calls, newest first' })
  @ApiResponse({ status: 200, standardSchema: callPageSchema })
  async list(@Req() { tenantId }: FastifyRequest, @Query({ schema: listCallsSchema }) query: ListCallsQuery) {
    const { toolset, tool, status, cursor, limit } = query;
    const { calls, nextCursor } = await this.admin.listToolCalls({
      ...{ tenantId, toolset, tool, status, cursor, limit },
      runId: query.run_id,
      workflowId: query.workflow_id,
      mutatingOnly: query.mutating,
      fromUnixMs: query.started_after === undefined ? 0 : Date.parse(query.started_after),
      beforeUnixMs: query.started_before === undefined ? 0 : Date.parse(query.started_before),
    });
    return { items: calls.map(callView), next_cursor: nextCursor || null };
  }

  @Post('toolsets/:toolset/tools/:tool/call')
  @Requires('tools:call')
  @NotAudited('every call of a tool is recorded by the tool registry')
  @HttpCode(200)
  @ApiOperation({ summary: 'Call a tool once, outside of any run' })
  @ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description: 'A repeated call with the same key is given the outcome of the first.',
  })
  @ApiResponse({ status: 200, standardSchema: toolAnswerSchema })
  async call(
    @Req() { tenantId, visit }: FastifyRequest,
    @Param('toolset') toolset: string,
    @Param('tool') tool: string,
    @Body({ schema: callToolSchema }) body: CallToolBody,
    @Headers('idempotency-key') key: string | undefined,
    @Headers('traceparent') traceparent: string | undefined,
  ) {
    // The rest is the tool's time.
    visit?.leave(true);
    const answer = await this.tools.callTool({
      tenantId,
      name: { toolset, tool },
      version: body.version ?? 0,
      routingKey: '',
      argumentsJson: JSON.stringify(body.arguments),
      idempotencyKey: `api:${checkedKey(key) || randomUUID()}`,
      deadlineUnixMs: 0,
      traceparent: traceparent ?? '',
      ...{ runId: '', nodeKey: '', workflowId: '' },
      approved: body.approved,
    });
    return answerView(answer);
  }
}
