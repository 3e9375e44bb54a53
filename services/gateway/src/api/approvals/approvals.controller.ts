import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Approval } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import type { FastifyRequest } from 'fastify';
import type { Approvals } from '../../domain/ports.js';
import { Audited } from '../audit/audited.js';
import { Open, Requires } from '../auth/access.js';
import { errorSchema } from '../errors/error-body.js';
import { APPROVALS } from '../tokens.js';
import {
  type AnswerApprovalBody,
  answerApprovalSchema,
  approvalPageSchema,
  approvalSchema,
  type ListApprovalsQuery,
  listApprovalsSchema,
} from './approval.schemas.js';
import { approvalView } from './approval.view.js';
import { ApprovalLinks } from './approval-links.js';

@ApiTags('approvals')
@ApiResponse({ status: 'default', standardSchema: errorSchema, description: 'What went wrong.' })
@Controller('api/v1/approvals')
export class ApprovalsController {
  constructor(
    @Inject(APPROVALS) private readonly approvals: Approvals,
    private readonly links: ApprovalLinks,
  ) {}

  @Get()
  @Requires('approvals:answer', { workflowQuery: 'workflow_id' })
  @ApiBearerAuth()
  @ApiOperation({ summary: 'List what runs ask people, newest first' })
  @ApiResponse({ status: 200, standardSchema: approvalPageSchema })
  async list(@Req() request: FastifyRequest, @Query({ schema: listApprovalsSchema }) query: ListApprovalsQuery) {
    const { approvals, nextCursor } = await this.approvals.listApprovals({
      tenantId: request.tenantId,
      statuses: query.status ?? [],
      runId: query.run_id,
      nodeKey: '',
      workflowId: query.workflow_id,
      cursor: query.cursor,
      limit: query.limit,
    });
    return { items: approvals.map((approval) => this.view(request, approval)), next_cursor: nextCursor || null };
  }

  @Get(':token')
  @Open('the token in the address is the credential')
  @ApiOperation({ summary: 'One approval; its token is all the credential that is needed' })
  @ApiResponse({ status: 200, standardSchema: approvalSchema })
  async get(@Req() request: FastifyRequest, @Param('token') token: string) {
    const { approval } = await this.approvals.getApproval({ token });
    return this.view(request, approval);
  }

  @Post(':token')
  @Open('the token in the address is the credential')
  @Audited('approval', 'answer')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Answer an approval, and the run goes on',
    description:
      'The token is all the credential that is needed. An answer that does not fit the form is 422 and names the field; an approval that is answered already, or is not asked any more, is 409 and says by whom and when.',
  })
  @ApiResponse({ status: 200, standardSchema: approvalSchema })
  async answer(
    @Req() request: FastifyRequest,
    @Param('token') token: string,
    @Body({ schema: answerApprovalSchema }) { action, values, by }: AnswerApprovalBody,
  ) {
    const answer = { token, action, valuesJson: JSON.stringify(values), by };
    const { approval } = await this.approvals.answerApproval(answer);
    return this.view(request, approval);
  }

  private view(request: FastifyRequest, approval: Approval | undefined) {
    if (!approval) throw FailureError.of('internal', 'The orchestrator answered without the approval.');
    return approvalView(approval, this.links.url(request, approval.token));
  }
}
