import type { Approval } from '@treadle/contracts';
import type { Form, JsonObject } from '@treadle/workflow';
import { moment } from '../runs/run.view.js';

/** An approval as the API shows it. */
export function approvalView(approval: Approval, url: string) {
  const answered = approval.status === 'answered';
  return {
    token: approval.token,
    url,
    status: approval.status,
    run_id: approval.runId,
    workflow_id: approval.workflowId,
    node: approval.nodeKey,
    title: approval.title,
    form: formOf(approval),
    created_at: moment(approval.createdUnixMs),
    due_at: moment(approval.dueUnixMs),
    answer: answered
      ? {
          action: approval.action,
          values: JSON.parse(approval.valuesJson) as JsonObject,
          by: approval.answeredBy || null,
          at: moment(approval.answeredUnixMs),
        }
      : null,
  };
}

export function formOf({ formJson }: Approval): Form {
  return JSON.parse(formJson) as Form;
}
