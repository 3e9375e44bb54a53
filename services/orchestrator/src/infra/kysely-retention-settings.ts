import { type TenantTables, withDatabase } from '@treadle/persistence';
import { sql } from 'kysely';
import type { OwnRetention, RetentionSettings } from '../domain/retention/retention-settings.js';
import type { Database } from './database.js';

interface Row {
  readonly run_days: number | null;
  readonly conversation_days: number | null;
  readonly file_days: number | null;
}

export class KyselyRetentionSettings implements RetentionSettings {
  constructor(private readonly tables: TenantTables<Database>) {}

  async get(tenantId: string): Promise<OwnRetention> {
    const { rows } = await withDatabase(() =>
      sql<Row>`select * from retention where tenant_id = ${tenantId}`.execute(this.tables.of(tenantId)),
    );
    return rows[0] ? ownOf(rows[0]) : {};
  }

  async set(tenantId: string, { runs, conversations, files }: OwnRetention): Promise<void> {
    await withDatabase(() =>
      sql`
        insert into retention (tenant_id, run_days, conversation_days, file_days)
        values (${tenantId}, ${runs ?? null}, ${conversations ?? null}, ${files ?? null})
        on conflict (tenant_id) do update set
          run_days = excluded.run_days, conversation_days = excluded.conversation_days,
          file_days = excluded.file_days, updated_at = now()`.execute(this.tables.of(tenantId)),
    );
  }

  async tenants(): Promise<{ tenantId: string; own: OwnRetention }[]> {
    const { rows } = await withDatabase(() =>
      sql<Row & { tenant_id: string }>`
        select tenant_id, run_days, conversation_days, file_days
        from (select distinct tenant_id from workflows union select distinct tenant_id from files) known
        left join retention using (tenant_id)`.execute(this.tables.all),
    );
    return rows.map((row) => ({ tenantId: row.tenant_id, own: ownOf(row) }));
  }
}

function ownOf({ run_days, conversation_days, file_days }: Row): OwnRetention {
  return {
    ...(run_days !== null && { runs: run_days }),
    ...(conversation_days !== null && { conversations: conversation_days }),
    ...(file_days !== null && { files: file_days }),
  };
}
