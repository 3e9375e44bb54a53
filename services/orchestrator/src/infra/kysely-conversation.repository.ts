import type { RunStatus } from '@treadle/engine';
import { type TenantTables, withDatabase } from '@treadle/persistence';
import type { Json, JsonObject } from '@treadle/workflow';
import { type Selectable, sql } from 'kysely';
import type {
  ConversationFilter,
  ConversationRepository,
  ConversationRow,
  MessageRow,
} from '../domain/conversations/conversation.repository.js';
import type { Whose } from '../domain/whose.js';
import { lastingAt, variablesOf } from './conversation-rows.js';
import type { Database } from './database.js';

export class KyselyConversationRepository implements ConversationRepository {
  constructor(private readonly tables: TenantTables<Database>) {}

  async list(filter: ConversationFilter, at: number): Promise<ConversationRow[]> {
    const { tenantId, after, afterId, order = 'active', limit } = filter;
    const column = order.endsWith('active') ? 'active_at' : 'created_at';
    const direction = order.startsWith('+') ? 'asc' : 'desc';
    let query = this.of(tenantId, at, filter).orderBy(column, direction).orderBy('id', direction).limit(limit);
    if (after) query = query.where(sql<boolean>`(active_at, id) < (${new Date(after.activeAt)}, ${after.id}::uuid)`);
    if (afterId) {
      const place = sql`select l.${sql.ref(column)}, l.id from conversations l where l.id = ${afterId}::uuid`;
      const behind = sql.raw(direction === 'asc' ? '>' : '<');
      query = query.where(sql<boolean>`(${sql.ref(column)}, id) ${behind} (${place})`);
    }
    return (await withDatabase(() => query.execute())).map(conversationOf);
  }

  async find(tenantId: string, id: string, at: number, whose: Whose = {}): Promise<ConversationRow | undefined> {
    const query = this.of(tenantId, at, whose).where('id', '=', id);
    const row = await withDatabase(() => query.executeTakeFirst());
    return row && conversationOf(row);
  }

  variables(id: string): Promise<JsonObject> {
    return withDatabase(() => variablesOf(this.tables.all, id));
  }

  async messages(id: string, before: number | string | undefined, limit: number): Promise<MessageRow[]> {
    const turn =
      typeof before === 'string'
        ? sql<number>`(select turn from messages b where b.conversation_id = ${id} and b.run_id = ${before}::uuid)`
        : sql<number>`${before ?? null}::int`;
    const query = this.tables.all
      .selectFrom('messages')
      .leftJoin('feedback', 'feedback.run_id', 'messages.run_id')
      .selectAll('messages')
      .select('feedback.rating')
      .where('messages.conversation_id', '=', id)
      .$if(before !== undefined, (select) => select.where('turn', '<', turn))
      .orderBy('turn', 'desc')
      .limit(limit);
    return (await withDatabase(() => query.execute())).map(messageOf);
  }

  async setVariable(
    tenantId: string,
    id: string,
    name: string,
    value: Json,
    whose: Whose,
    at: number,
  ): Promise<boolean> {
    const query = sql`
      insert into conversation_variables (conversation_id, name, value)
      select id, ${name}, ${JSON.stringify(value)} from conversations
      where tenant_id = ${tenantId} and id = ${id}::uuid and ${lastingAt(at)} and ${of(whose)}
      on conflict (conversation_id, name) do update set value = excluded.value`;
    const { numAffectedRows = 0n } = await withDatabase(() => query.execute(this.tables.of(tenantId)));
    return numAffectedRows > 0n;
  }

  async rename(
    tenantId: string,
    id: string,
    name: string,
    at: number,
    whose: Whose = {},
  ): Promise<ConversationRow | undefined> {
    const query = this.tables
      .of(tenantId)
      .updateTable('conversations')
      .set({ name })
      .where('tenant_id', '=', tenantId)
      .where('id', '=', id)
      .where(lastingAt(at))
      .where(of(whose))
      .returningAll()
      .returning(firstInputs);
    const row = await withDatabase(() => query.executeTakeFirst());
    return row && conversationOf(row);
  }

  async remove(tenantId: string, id: string, whose: Whose = {}): Promise<boolean> {
    const query = this.tables
      .of(tenantId)
      .deleteFrom('conversations')
      .where('tenant_id', '=', tenantId)
      .where('id', '=', id)
      .where(of(whose));
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
    const { numAffectedRows = 0n } = await withDatabase(() => query.execute(this.tables.all));
    return Number(numAffectedRows);
  }

  private of(tenantId: string, at: number, whose: Whose) {
    return this.tables
      .of(tenantId)
      .selectFrom('conversations')
      .selectAll()
      .select(firstInputs)
      .where('tenant_id', '=', tenantId)
      .where(lastingAt(at))
      .where(of(whose));
  }
}

const firstInputs = sql<string | null>`(
  select m.inputs from messages m where m.conversation_id = conversations.id order by m.turn limit 1
)`.as('first_inputs');

/** A question about other conversations is answered as if they were not there. */
function of({ workflowId, user }: Whose) {
  // What is no id of a workflow belongs to none; the column itself is compared, since it is indexed.
  const isId = workflowId === undefined || /^[0-9a-f-]{36}$/i.test(workflowId);
  const workflow = workflowId ? (isId ? sql`workflow_id = ${workflowId}` : sql`false`) : sql`true`;
  const owner = user ? sql`end_user = ${user}` : sql`true`;
  return sql<boolean>`(${workflow} and ${owner})`;
}

function conversationOf(
  row: Selectable<Database['conversations']> & { readonly first_inputs: string | null },
): ConversationRow {
  return {
    id: row.id,
    workflowId: row.workflow_id,
    user: row.end_user,
    name: row.name,
    turns: row.turns,
    createdAt: row.created_at.getTime(),
    activeAt: row.active_at.getTime(),
    ...(row.expires_at ? { expiresAt: row.expires_at.getTime() } : {}),
    ...(row.first_inputs === null ? {} : { inputsJson: row.first_inputs }),
  };
}

function messageOf(row: Selectable<Database['messages']> & { readonly rating: string | null }): MessageRow {
  return {
    runId: row.run_id,
    turn: row.turn,
    status: row.status as RunStatus,
    query: row.query,
    answer: row.answer,
    createdAt: row.created_at.getTime(),
    inputsJson: row.inputs ?? '',
    filesJson: row.files ?? '',
    error: row.error ?? '',
    rating: row.rating ?? '',
  };
}
