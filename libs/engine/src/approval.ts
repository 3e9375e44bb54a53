import type { Form, PlanNode } from '@treadle/workflow';

export const rejectAction = 'reject';

/** What is asked before a guarded node is first tried. */
export function approvalForm(node: PlanNode): Form {
  return {
    content: node.approval?.title ?? `May "${node.title || node.id}" run?`,
    fields: [],
    actions: [
      { id: 'approve', title: 'Approve', style: 'primary' },
      { id: rejectAction, title: 'Reject', style: 'default' },
    ],
  };
}
