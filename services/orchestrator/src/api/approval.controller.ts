import { Controller } from '@nestjs/common';
import type * as contracts from '@treadle/contracts';
import type { ApprovalServiceService } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import type { Handlers } from '@treadle/grpc';
import { type AnswerApprovalPorts, answerApproval, findApproval } from '../domain/approvals/answer-approval.js';
import type { ApprovalStatus } from '../domain/approvals/approval.repository.js';
import { approvalMessage } from '../domain/approvals/approval-view.js';
import { checkedWorkflowId, partitionOf } from '../domain/runs/run-id.js';

/** Approvals over gRPC, or called directly in standalone. */
@Controller()
export class ApprovalController implements Handlers<typeof ApprovalServiceService> {
  constructor(private readonly ports: AnswerApprovalPorts) {}

  async listApprovals(request: contracts.ListApprovalsRequest): Promise<contracts.ListApprovalsResponse> {
    const limit = Math.min(Math.max(request.limit || 20, 1), 100);
    const statuses = request.statuses as ApprovalStatus[];
    const found = await this.ports.approvals.list({
      tenantId: request.tenantId,
      statuses: statuses.length > 0 ? statuses : ['pending'],
      limit: limit + 1,
      ...(request.runId ? { runId: checkedRunId(request.runId) } : {}),
      ...(request.nodeKey ? { nodeKey: request.nodeKey } : {}),
      ...(request.workflowId ? { workflowId: checkedWorkflowId(request.workflowId) } : {}),
      ...(request.cursor ? { before: checkedCursor(request.cursor) } : {}),
    });
    const page = found.slice(0, limit);
    const nextCursor = found.length > limit ? String(page.at(-1)?.number ?? '') : '';
    return { approvals: page.map(approvalMessage), nextCursor };
  }

  async getApproval({ token }: contracts.GetApprovalRequest): Promise<contracts.GetApprovalResponse> {
    return { approval: approvalMessage(await findApproval(this.ports.approvals, token)) };
  }

  async answerApproval(request: contracts.AnswerApprovalRequest): Promise<contracts.AnswerApprovalResponse> {
    return { approval: approvalMessage(await answerApproval(this.ports, request)) };
  }
}

function checkedRunId(runId: string): string {
  partitionOf(runId);
  return runId;
}

function checkedCursor(cursor: string): number {
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  throw FailureError.of('invalid_argument', 'This cursor was not given by the page before.', { field: 'cursor' });
}
