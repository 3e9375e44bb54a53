import type { RunStatus } from '@treadle/engine';
import { withDatabase } from '@treadle/persistence';
import type { JsonObject } from '@treadle/workflow';
import { type Kysely, type Selectable, sql } from 'kysely';
import type {
  ConversationFilter,
  ConversationRepository,
  ConversationRow,
  MessageRow,
} from '../domain/conversations/conversation.repository.js';
import { lastingAt, variablesOf } from './conversation-rows.js';
import type { Database } from './database.js';

export class KyselyConversationRepository implements ConversationRepository {
  constructor(private readonly db: Kysely<Database>) {}

  async list({ tenantId, workflowId, user, after, limit }: ConversationFilter, at: number): Promise<ConversationRow[]> {
    let query = this.of(tenantId, at).orderBy('active_at', 'desc').orderBy('id', 'desc').limit(limit);
    if (workflowId) query = query.where('workflow_id', '=', workflowId);
    if (user) query = query.where('end_user', '=', user);
    if (after) query = query.where(sql<boolean>`(active_at, id) < (${new Date(after.activeAt)}, ${after.id}::uuid)`);
    return (await withDatabase(() => query.execute())).map(conversationOf);
  }

  async find(tenantId: string, id: string, at: number): Promise<ConversationRow | undefined> {
    const query = this.of(tenantId, at).where('id', '=', id);
    const row = await withDatabase(() => query.executeTakeFirst());
    return row && conversationOf(row);
  }

  variables(id: string): Promise<JsonObject> {
    return withDatabase(() => variablesOf(this.db, id));
  }

  async messages(id: string, beforeTurn: number | undefined, limit: number): Promise<MessageRow[]> {
    const query = this.db
      .selectFrom('messages')
      .selectAll()
      .where('conversation_id', '=', id)
      .$if(beforeTurn !== undefined, (select) => select.where('turn', '<', beforeTurn ?? 0))
      .orderBy('turn', 'desc')
      .limit(limit);
    return (await withDatabase(() => query.execute())).map(messageOf);
  }

  async rename(tenantId: string, id: string, name: string, at: number): Promise<ConversationRow | undefined> {
    const query = this.db
      .updateTable('conversations')
      .set({ name })
      .where('tenant_id', '=', tenantId)
      .where('id', '=', id)
      .where(lastingAt(at))
      .returningAll();
    const row = await withDatabase(() => query.executeTakeFirst());
    return row && conversationOf(row);
  }

  async remove(tenantId: string, id: string): Promise<boolean> {
    const query = this.db.deleteFrom('conversations').where('tenant_id', '=', tenantId).where('id', '=', id);
    const { numDeletedRows } = await withDatabase(() => query.executeTakeFirst());
    return numDeletedRows > 0n;
  }

  /** Rows that somebody else works on are left to the next time. */
  async removeExpired(at: number, limit: number): Promise<number> {
    const query = sql`
      delete from conversations where id in (
        select c.id from conversations c
        where c.expires_at <= ${new Date(at)} and not exists (
          select from runs r where r.conversation_id = c.id::text and r.turn > 0
            and r.status in ('pending', 'running', 'paused')
        )
        order by c.expires_at limit ${limit} for update of c skip locked
      )`;
    const { numAffectedRows = 0n } = await withDatabase(() => query.execute(this.db));
    return Number(numAffectedRows);
  }

  private of(tenantId: string, at: number) {
    return this.db.selectFrom('conversations').selectAll().where('tenant_id', '=', tenantId).where(lastingAt(at));
  }
}

function conversationOf(row: Selectable<Database['conversations']>): ConversationRow {
  return {
    id: row.id,
    workflowId: row.workflow_id,
    user: row.end_user,
    name: row.name,
    turns: row.turns,
    createdAt: row.created_at.getTime(),
    activeAt: row.active_at.getTime(),
    ...(row.expires_at ? { expiresAt: row.expires_at.getTime() } : {}),
  };
}

function messageOf(row: Selectable<Database['messages']>): MessageRow {
  return {
    runId: row.run_id,
    turn: row.turn,
    status: row.status as RunStatus,
    query: row.query,
    answer: row.answer,
    createdAt: row.created_at.getTime(),
  };
}
