import { migrationOf } from '@treadle/persistence';
import { sql } from 'kysely';

/** Answers that may be given again. Not written to the log of the database: losing them costs a call, keeping them safe would cost every one. */
export const responseCache = migrationOf(sql`
  create unlogged table cached_response (
    tenant_id text not null,
    key text not null,
    parts jsonb not null,
    expires_at timestamptz not null,
    primary key (tenant_id, key)
  );
  create index cached_response_expiry on cached_response (expires_at)`);
