import type { Approval } from '@treadle/contracts';
import { splitKey } from '@treadle/engine';
import { formOf } from '../approvals/approval.view.js';
import { formView } from './form.view.js';

/** What a run rests for, in the answer of a caller that waited. */
export function pausedView(asked: readonly Approval[]) {
  return {
    status: 'paused',
    paused_nodes: asked.map(({ nodeKey }) => splitKey(nodeKey).id),
    reasons: asked.map((approval) => ({
      TYPE: 'human_input_required',
      form_id: approval.token,
      form_token: approval.token,
      node_id: splitKey(approval.nodeKey).id,
      node_title: approval.title,
      ...formView(formOf(approval), approval.dueUnixMs || undefined),
    })),
  };
}
