import type { Approval as ApprovalMessage } from '@treadle/contracts';
import type { Approval } from './approval.repository.js';

/** An approval as the service tells it. */
export function approvalMessage({ answer, dueAt, createdAt, form, ...approval }: Approval): ApprovalMessage {
  return {
    token: approval.token,
    runId: approval.runId,
    workflowId: approval.workflowId,
    nodeKey: approval.nodeKey,
    title: approval.title,
    formJson: JSON.stringify(form),
    dueUnixMs: dueAt ?? 0,
    createdUnixMs: createdAt,
    status: approval.status,
    action: answer?.action ?? '',
    valuesJson: answer ? JSON.stringify(answer.values) : '',
    answeredBy: answer?.by ?? '',
    answeredUnixMs: answer?.at ?? 0,
    tenantId: approval.tenantId,
  };
}
