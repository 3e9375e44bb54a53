import type { HistoryTurn } from '@treadle/contracts';
import { withDatabase } from '@treadle/persistence';
import { type Kysely, sql } from 'kysely';
import type { ConversationHead, ConversationTurns, TurnOutlook } from '../domain/conversations/conversation-turns.js';
import { lastingAt, variablesOf } from './conversation-rows.js';
import type { Database } from './database.js';

/** A task is a message of at most 1 MiB, and carries more than the history. */
const mostHistoryBytes = 256 * 1024;

export class KyselyConversationTurns implements ConversationTurns {
  constructor(private readonly db: Kysely<Database>) {}

  head(conversationId: string, at: number): Promise<ConversationHead | undefined> {
    return withDatabase(async () => {
      const [row, counts] = await Promise.all([this.conversation(conversationId, at), this.underWay(conversationId)]);
      if (!row) return undefined;
      const { tenant_id: tenantId, workflow_id: workflowId, end_user: user, turns } = row;
      // Last: a turn that was over by then has left its variables.
      const variables = await variablesOf(this.db, conversationId);
      return { tenantId, workflowId, user, turns, ...counts, variables };
    });
  }

  outlook(conversationId: string, turn: number): Promise<TurnOutlook> {
    return withDatabase(async () => {
      const { pending, running } = await this.underWay(conversationId, turn);
      // Last, as above.
      return { isBlocked: pending + running > 0, variables: await variablesOf(this.db, conversationId) };
    });
  }

  async history(conversationId: string, beforeTurn: number, limit: number): Promise<HistoryTurn[]> {
    const query = sql<HistoryTurn>`
      select query, answer from (
        select turn, query, answer,
          sum(octet_length(query) + octet_length(answer)) over (order by turn desc) as bytes
        from (
          select turn, query, answer from messages
          where conversation_id = ${conversationId} and turn < ${beforeTurn} and status = 'completed'
          order by turn desc limit ${limit}
        ) newest
      ) sized
      where bytes <= ${mostHistoryBytes} order by turn`;
    const { rows } = await withDatabase(() => query.execute(this.db));
    return rows;
  }

  private conversation(id: string, at: number) {
    return this.db
      .selectFrom('conversations')
      .select(['tenant_id', 'workflow_id', 'end_user', 'turns'])
      .where('id', '=', id)
      .where(lastingAt(at))
      .executeTakeFirst();
  }

  /** How many turns (before one, if given) wait or are being run. */
  private async underWay(conversationId: string, beforeTurn?: number): Promise<{ pending: number; running: number }> {
    const rows = await this.db
      .selectFrom('runs')
      .select('status')
      .where('conversation_id', '=', conversationId)
      .where('turn', '>', 0)
      .where('status', 'in', ['pending', 'running'])
      .$if(beforeTurn !== undefined, (select) => select.where('turn', '<', beforeTurn ?? 0))
      .execute();
    const pending = rows.filter(({ status }) => status === 'pending').length;
    return { pending, running: rows.length - pending };
  }
}
