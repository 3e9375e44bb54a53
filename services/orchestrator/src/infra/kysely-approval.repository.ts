import { type TenantTables, withDatabase } from '@treadle/persistence';
import type { Form, JsonObject } from '@treadle/workflow';
import type { Selectable } from 'kysely';
import type {
  Approval,
  ApprovalFilter,
  ApprovalRepository,
  ApprovalStatus,
} from '../domain/approvals/approval.repository.js';
import type { Database } from './database.js';

export class KyselyApprovalRepository implements ApprovalRepository {
  constructor(private readonly tables: TenantTables<Database>) {}

  async find(token: string): Promise<Approval | undefined> {
    const query = this.tables.all.selectFrom('approvals').selectAll().where('token', '=', token);
    const row = await withDatabase(() => query.executeTakeFirst());
    return row && approvalOf(row);
  }

  async list({ tenantId, statuses, runId, nodeKey, workflowId, before, limit }: ApprovalFilter): Promise<Approval[]> {
    let query = this.tables
      .of(tenantId)
      .selectFrom('approvals')
      .selectAll()
      .where('tenant_id', '=', tenantId)
      .where('status', 'in', [...statuses])
      .orderBy('number', 'desc')
      .limit(limit);
    if (runId !== undefined) query = query.where('run_id', '=', runId);
    if (nodeKey !== undefined) query = query.where('node_key', '=', nodeKey);
    if (workflowId !== undefined) query = query.where('workflow_id', '=', workflowId);
    if (before !== undefined) query = query.where('number', '<', before);
    return (await withDatabase(() => query.execute())).map(approvalOf);
  }
}

function approvalOf(row: Selectable<Database['approvals']>): Approval {
  return {
    token: row.token,
    number: row.number,
    tenantId: row.tenant_id,
    runId: row.run_id,
    workflowId: row.workflow_id,
    nodeKey: row.node_key,
    title: row.title,
    form: JSON.parse(row.form) as Form,
    createdAt: row.created_at.getTime(),
    status: row.status as ApprovalStatus,
    ...(row.due_at ? { dueAt: row.due_at.getTime() } : {}),
    ...(row.action !== null && row.answered_at !== null
      ? {
          answer: {
            action: row.action,
            values: JSON.parse(row.field_values ?? '{}') as JsonObject,
            by: row.answered_by ?? '',
            at: row.answered_at.getTime(),
          },
        }
      : {}),
  };
}
