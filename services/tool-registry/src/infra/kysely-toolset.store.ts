import { TenantTables, withDatabase } from '@treadle/persistence';
import type { JsonObject } from '@treadle/workflow';
import { type Kysely, sql } from 'kysely';
import type { Pool } from 'pg';
import type { ToolPolicy } from '../domain/policy.js';
import type { SealedCredential } from '../domain/sealed-credential.js';
import type {
  Page,
  Registration,
  Routing,
  StoredTool,
  Toolset,
  ToolsetStore,
  ToolsetVersion,
} from '../domain/toolset.js';
import { registerToolset } from './register-toolset.js';
import type { Tables } from './tables.js';
import { toCredential, toStoredTool, toToolset, toVersion } from './toolset-rows.js';

const mostVersions = 100;

/** Toolsets in PostgreSQL. */
export class KyselyToolsetStore implements ToolsetStore {
  private readonly tables: TenantTables<Tables>;

  constructor(pool: Pool) {
    this.tables = new TenantTables<Tables>(pool);
  }

  async toolset(tenantId: string, name: string): Promise<Toolset | undefined> {
    return withDatabase(async () => {
      const [row, credential] = await Promise.all([
        this.row(this.tables.of(tenantId), tenantId, name).executeTakeFirst(),
        this.credential(tenantId, name),
      ]);
      return row && toToolset(row, credential);
    });
  }

  async toolsets(tenantId: string, { cursor, limit }: Page): Promise<Toolset[]> {
    return withDatabase(async () => {
      const rows = await this.tables
        .of(tenantId)
        .selectFrom('toolset')
        .selectAll()
        .where('tenant_id', '=', tenantId)
        .where('name', '>', cursor)
        .orderBy('name')
        .limit(limit)
        .execute();
      const names = rows.map(({ name }) => name);
      const credentials =
        names.length === 0
          ? []
          : await this.tables
              .of(tenantId)
              .selectFrom('credential')
              .selectAll()
              .where('tenant_id', '=', tenantId)
              .where('toolset', 'in', names)
              .execute();
      const byName = new Map(credentials.map((credential) => [credential.toolset, toCredential(credential)]));
      return rows.map((row) => toToolset(row, byName.get(row.name)));
    });
  }

  async versions(tenantId: string, name: string): Promise<ToolsetVersion[]> {
    const query = this.tables
      .of(tenantId)
      .selectFrom('toolset_version')
      .select(['version', 'tools', 'hosts', 'warnings', 'created_at'])
      .where('tenant_id', '=', tenantId)
      .where('toolset', '=', name)
      .orderBy('version', 'desc')
      .limit(mostVersions);
    return (await withDatabase(() => query.execute())).map(toVersion);
  }

  async source(tenantId: string, name: string): Promise<JsonObject | undefined> {
    const row = await withDatabase(() => this.row(this.tables.of(tenantId), tenantId, name).executeTakeFirst());
    return row?.source as JsonObject | undefined;
  }

  async register(tenantId: string, registration: Registration): Promise<{ version: number; changed: boolean }> {
    return withDatabase(() =>
      this.tables
        .of(tenantId)
        .transaction()
        .execute((transaction) => registerToolset(transaction, tenantId, registration)),
    );
  }

  async reroute(tenantId: string, name: string, decide: (toolset: Toolset) => Routing): Promise<Toolset | undefined> {
    const changed = await withDatabase(() =>
      this.tables
        .of(tenantId)
        .transaction()
        .execute(async (transaction) => {
          const row = await this.row(transaction, tenantId, name).forUpdate().executeTakeFirst();
          if (!row) return false;
          const routing = decide(toToolset(row, undefined));
          await transaction
            .updateTable('toolset')
            .set({
              serving_version: routing.servingVersion,
              previous_version: routing.previousVersion ?? null,
              candidate_version: routing.candidateVersion ?? null,
              candidate_share: routing.candidateShare,
              updated_at: sql`now()`,
            })
            .where('tenant_id', '=', tenantId)
            .where('name', '=', name)
            .execute();
          return true;
        }),
    );
    return changed ? this.toolset(tenantId, name) : undefined;
  }

  async remove(tenantId: string, name: string): Promise<boolean> {
    return withDatabase(() =>
      this.tables
        .of(tenantId)
        .transaction()
        .execute(async (transaction) => {
          const { numDeletedRows } = await transaction
            .deleteFrom('toolset')
            .where('tenant_id', '=', tenantId)
            .where('name', '=', name)
            .executeTakeFirstOrThrow();
          await transaction
            .deleteFrom('tool_policy')
            .where('tenant_id', '=', tenantId)
            .where('toolset', '=', name)
            .execute();
          return numDeletedRows > 0;
        }),
    );
  }

  async tools(tenantId: string, name: string, version: number, only?: readonly string[]): Promise<StoredTool[]> {
    if (only?.length === 0) return [];
    return withDatabase(async () => {
      const query = this.tables
        .of(tenantId)
        .selectFrom('tool')
        .innerJoin('toolset', (join) =>
          join.onRef('toolset.tenant_id', '=', 'tool.tenant_id').onRef('toolset.name', '=', 'tool.toolset'),
        )
        .innerJoin('toolset_version', (join) =>
          join
            .onRef('toolset_version.tenant_id', '=', 'tool.tenant_id')
            .onRef('toolset_version.toolset', '=', 'tool.toolset')
            .onRef('toolset_version.version', '=', 'tool.version'),
        )
        .leftJoin('tool_policy', (join) =>
          join
            .onRef('tool_policy.tenant_id', '=', 'tool.tenant_id')
            .onRef('tool_policy.toolset', '=', 'tool.toolset')
            .onRef('tool_policy.tool', '=', 'tool.name'),
        )
        .selectAll('tool')
        .select(['toolset.kind', 'toolset_version.settings', 'tool_policy.policy'])
        .where('tool.tenant_id', '=', tenantId)
        .where('tool.toolset', '=', name)
        .where('tool.version', '=', version)
        .$if(only !== undefined, (some) => some.where('tool.name', 'in', [...(only ?? [])]))
        .orderBy('tool.name');
      const [rows, credential] = await Promise.all([query.execute(), this.credential(tenantId, name)]);
      return rows.map((row) => toStoredTool(row, credential));
    });
  }

  async policies(tenantId: string, name: string): Promise<ReadonlyMap<string, ToolPolicy>> {
    const query = this.tables
      .of(tenantId)
      .selectFrom('tool_policy')
      .select(['tool', 'policy'])
      .where('tenant_id', '=', tenantId)
      .where('toolset', '=', name);
    return new Map((await withDatabase(() => query.execute())).map(({ tool, policy }) => [tool, policy as ToolPolicy]));
  }

  async savePolicy(tenantId: string, toolset: string, tool: string, saved: ToolPolicy): Promise<void> {
    const policy = JSON.stringify(saved);
    await withDatabase(() =>
      this.tables
        .of(tenantId)
        .insertInto('tool_policy')
        .values({ tenant_id: tenantId, toolset, tool, policy })
        .onConflict((conflict) => conflict.columns(['tenant_id', 'toolset', 'tool']).doUpdateSet({ policy }))
        .execute(),
    );
  }

  async removePolicy(tenantId: string, toolset: string, tool: string): Promise<boolean> {
    const query = this.tables
      .of(tenantId)
      .deleteFrom('tool_policy')
      .where('tenant_id', '=', tenantId)
      .where('toolset', '=', toolset)
      .where('tool', '=', tool);
    return (await withDatabase(() => query.executeTakeFirstOrThrow())).numDeletedRows > 0;
  }

  private row(db: Kysely<Tables>, tenantId: string, name: string) {
    return db.selectFrom('toolset').selectAll().where('tenant_id', '=', tenantId).where('name', '=', name);
  }

  private async credential(tenantId: string, toolset: string): Promise<SealedCredential | undefined> {
    const query = this.tables
      .of(tenantId)
      .selectFrom('credential')
      .selectAll()
      .where('tenant_id', '=', tenantId)
      .where('toolset', '=', toolset);
    const row = await query.executeTakeFirst();
    return row && toCredential(row);
  }
}
