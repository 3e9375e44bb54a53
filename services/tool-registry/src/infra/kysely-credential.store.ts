import { TenantTables, withDatabase } from '@treadle/persistence';
import { type Kysely, sql } from 'kysely';
import type { Pool } from 'pg';
import type { CredentialStore, RenewedToken, SealedCredential } from '../domain/sealed-credential.js';
import type { Tables } from './tables.js';
import { toCredential } from './toolset-rows.js';

/** Credentials in PostgreSQL, sealed. */
export class KyselyCredentialStore implements CredentialStore {
  private readonly tables: TenantTables<Tables>;

  constructor(pool: Pool) {
    this.tables = new TenantTables<Tables>(pool);
  }

  async credential(tenantId: string, toolset: string): Promise<SealedCredential | undefined> {
    const row = await withDatabase(() => this.row(this.tables.of(tenantId), tenantId, toolset).executeTakeFirst());
    return row && toCredential(row);
  }

  async save(
    tenantId: string,
    { toolset, type, hosts, settings, sealed, hint }: Omit<SealedCredential, 'revision' | 'sealedToken' | 'updatedAt'>,
  ): Promise<SealedCredential> {
    const values = { type, hosts: [...hosts], settings: JSON.stringify(settings), sealed, hint, sealed_token: null };
    const row = await withDatabase(() =>
      this.tables
        .of(tenantId)
        .insertInto('credential')
        .values({ tenant_id: tenantId, toolset, ...values })
        .onConflict((conflict) =>
          conflict
            .columns(['tenant_id', 'toolset'])
            .doUpdateSet({ ...values, revision: sql`nextval('credential_revision')`, updated_at: sql`now()` }),
        )
        .returningAll()
        .executeTakeFirstOrThrow(),
    );
    return toCredential(row);
  }

  async remove(tenantId: string, toolset: string): Promise<boolean> {
    const query = this.tables
      .of(tenantId)
      .deleteFrom('credential')
      .where('tenant_id', '=', tenantId)
      .where('toolset', '=', toolset);
    return (await withDatabase(() => query.executeTakeFirstOrThrow())).numDeletedRows > 0;
  }

  async renewToken(
    tenantId: string,
    toolset: string,
    fetch: (current: SealedCredential) => Promise<RenewedToken>,
  ): Promise<SealedCredential | undefined> {
    return withDatabase(() =>
      this.tables
        .of(tenantId)
        .transaction()
        .execute(async (transaction) => {
          const row = await this.row(transaction, tenantId, toolset).forUpdate().executeTakeFirst();
          if (!row) return undefined;
          const { sealedToken, sealed } = await fetch(toCredential(row));
          if (sealedToken === undefined && sealed === undefined) return toCredential(row);
          const renewed = await transaction
            .updateTable('credential')
            .set({
              ...(sealedToken !== undefined && { sealed_token: sealedToken }),
              ...(sealed !== undefined && { sealed }),
            })
            .where('tenant_id', '=', tenantId)
            .where('toolset', '=', toolset)
            .returningAll()
            .executeTakeFirstOrThrow();
          return toCredential(renewed);
        }),
    );
  }

  private row(db: Kysely<Tables>, tenantId: string, toolset: string) {
    return db.selectFrom('credential').selectAll().where('tenant_id', '=', tenantId).where('toolset', '=', toolset);
  }
}
