import type { OpenedApproval } from '../../domain/approvals/approval-changes.js';
import { appendPart, moment } from './append-part.js';

type Row = OpenedApproval & { readonly runId: string };

/** Approvals that a decision opens. One that is there already keeps its token. */
export const openApprovalsPart = appendPart<Row>({
  name: 'opened',
  rows: ({ runId, approvals }) => approvals?.opened.map((one) => ({ ...one, runId })) ?? [],
  columns: {
    run_id: { type: 'uuid', value: ({ runId }) => runId },
    token: { type: 'text', value: ({ token }) => token },
    tenant_id: { type: 'text', value: ({ tenantId }) => tenantId },
    workflow_id: { type: 'uuid', value: ({ workflowId }) => workflowId },
    node_key: { type: 'text', value: ({ key }) => key },
    title: { type: 'text', value: ({ title }) => title },
    form: { type: 'text', value: ({ form }) => JSON.stringify(form) },
    due_at: { type: 'timestamptz', value: ({ dueAt }) => moment(dueAt) },
  },
  after: `opening as (
    insert into approvals (token, tenant_id, workflow_id, run_id, node_key, title, form, due_at, created_at)
    select o.token, o.tenant_id, o.workflow_id, o.run_id, o.node_key, o.title, o.form, o.due_at, f.at
    from opened o join written using (run_id) join fenced f using (run_id)
    on conflict (run_id, node_key) do nothing
  )`,
});
