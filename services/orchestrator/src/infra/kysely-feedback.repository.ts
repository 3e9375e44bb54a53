import { type TenantTables, withDatabase } from '@treadle/persistence';
import type { Feedback, FeedbackRepository } from '../domain/feedback/feedback.repository.js';
import type { Database } from './database.js';

export class KyselyFeedbackRepository implements FeedbackRepository {
  constructor(private readonly tables: TenantTables<Database>) {}

  async save(tenantId: string, feedback: Feedback): Promise<void> {
    const { rating, content } = feedback;
    const updated = { rating, content, updated_at: new Date(feedback.updatedAt) };
    const row = {
      ...updated,
      run_id: feedback.runId,
      tenant_id: tenantId,
      workflow_id: feedback.workflowId,
      conversation_id: feedback.conversationId,
      end_user: feedback.user,
      created_at: new Date(feedback.createdAt),
    };
    await withDatabase(() =>
      this.tables
        .of(tenantId)
        .insertInto('feedback')
        .values(row)
        .onConflict((conflict) => conflict.column('run_id').doUpdateSet(updated))
        .execute(),
    );
  }

  async remove(tenantId: string, runId: string): Promise<void> {
    const query = this.tables
      .of(tenantId)
      .deleteFrom('feedback')
      .where('tenant_id', '=', tenantId)
      .where('run_id', '=', runId);
    await withDatabase(() => query.execute());
  }

  async list(tenantId: string, workflowId: string, skip: number, limit: number): Promise<Feedback[]> {
    const query = this.tables
      .of(tenantId)
      .selectFrom('feedback')
      .selectAll()
      .where('tenant_id', '=', tenantId)
      .where('workflow_id', '=', workflowId)
      .orderBy('created_at', 'desc')
      .orderBy('run_id', 'desc')
      .offset(skip)
      .limit(limit);
    return (await withDatabase(() => query.execute())).map((row) => ({
      runId: row.run_id,
      workflowId: row.workflow_id,
      conversationId: row.conversation_id,
      user: row.end_user,
      rating: row.rating as Feedback['rating'],
      content: row.content,
      createdAt: row.created_at.getTime(),
      updatedAt: row.updated_at.getTime(),
    }));
  }
}
