import type { Json, JsonObject } from '@treadle/workflow';
import { type Kysely, sql } from 'kysely';
import type { Database } from './database.js';

/** Whether a conversation's time is not over yet at `at` (milliseconds since the epoch). */
export function lastingAt(at: number) {
  return sql<boolean>`(expires_at is null or expires_at > ${new Date(at)})`;
}

/** The variables of a conversation, by name. */
export async function variablesOf(db: Kysely<Database>, conversationId: string): Promise<JsonObject> {
  const rows = await db
    .selectFrom('conversation_variables')
    .select(['name', 'value'])
    .where('conversation_id', '=', conversationId)
    .orderBy('name')
    .execute();
  return Object.fromEntries(rows.map(({ name, value }) => [name, JSON.parse(value) as Json]));
}
