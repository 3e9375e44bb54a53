import type { ClosedApproval } from '../../domain/approvals/approval-changes.js';
import { appendPart } from './append-part.js';

type Row = ClosedApproval & { readonly runId: string };

/** Approvals that a decision closes, with the answer where there is one. */
export const closeApprovalsPart = appendPart<Row>({
  name: 'closed',
  rows: ({ runId, approvals }) => approvals?.closed.map((one) => ({ ...one, runId })) ?? [],
  columns: {
    run_id: { type: 'uuid', value: ({ runId }) => runId },
    node_key: { type: 'text', value: ({ key }) => key },
    status: { type: 'text', value: ({ status }) => status },
    action: { type: 'text', value: (row) => (row.status === 'answered' ? row.action : null) },
    field_values: { type: 'text', value: (row) => (row.status === 'answered' ? JSON.stringify(row.values) : null) },
    answered_by: { type: 'text', value: (row) => (row.status === 'answered' ? row.by : null) },
  },
  after: `closing as (
    update approvals a set status = c.status, action = c.action, field_values = c.field_values,
      answered_by = c.answered_by, answered_at = case when c.status = 'answered' then f.at end
    from closed c join written using (run_id) join fenced f using (run_id)
    where a.run_id = c.run_id and a.node_key = c.node_key and a.status = 'pending'
  )`,
});
