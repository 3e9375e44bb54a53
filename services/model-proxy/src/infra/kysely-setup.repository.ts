import { TenantTables, withDatabase } from '@treadle/persistence';
import { type Kysely, sql } from 'kysely';
import type { Pool } from 'pg';
import type { PriceOverride } from '../domain/price.js';
import type { StoredRoute, StoredTarget } from '../domain/provider-store.js';
import type { Page, ProviderRow, RouteRow, SealedProvider, SetupRepository } from '../domain/setup.js';
import { toOverride, toProvider, toRoute } from './setup-rows.js';
import type { Tables } from './tables.js';

/** All that one tenant has set up. */
export interface StoredSetup {
  readonly providers: readonly SealedProvider[];
  readonly routes: readonly StoredRoute[];
  readonly overrides: readonly PriceOverride[];
  readonly hasBudgets: boolean;
}

/** Providers, routes and prices in PostgreSQL. Each change raises the tenant's revision, by which replicas notice it. */
export class KyselySetupRepository implements SetupRepository {
  private readonly tables: TenantTables<Tables>;

  constructor(pool: Pool) {
    this.tables = new TenantTables<Tables>(pool);
  }

  /** The revision of every tenant that ever saved something. */
  async revisions(): Promise<ReadonlyMap<string, number>> {
    const rows = await withDatabase(() => this.tables.all.selectFrom('tenant_revision').selectAll().execute());
    return new Map(rows.map(({ tenant_id, value }) => [tenant_id, value]));
  }

  async read(tenantId: string): Promise<StoredSetup> {
    return withDatabase(async () => {
      const [providers, routes, prices, budget] = await Promise.all([
        this.tables
          .of(tenantId)
          .selectFrom('provider')
          .selectAll()
          .where('tenant_id', '=', tenantId)
          .orderBy('name')
          .execute(),
        this.tables
          .of(tenantId)
          .selectFrom('route')
          .selectAll()
          .where('tenant_id', '=', tenantId)
          .orderBy('name')
          .execute(),
        this.tables.of(tenantId).selectFrom('price').selectAll().where('tenant_id', '=', tenantId).execute(),
        this.tables
          .of(tenantId)
          .selectFrom('budget')
          .select('id')
          .where('tenant_id', '=', tenantId)
          .limit(1)
          .executeTakeFirst(),
      ]);
      return {
        providers: providers.map(toProvider),
        routes: routes.map(toRoute),
        overrides: prices.map(toOverride),
        hasBudgets: budget !== undefined,
      };
    });
  }

  async provider(tenantId: string, name: string): Promise<SealedProvider | undefined> {
    const query = this.tables
      .of(tenantId)
      .selectFrom('provider')
      .selectAll()
      .where('tenant_id', '=', tenantId)
      .where('name', '=', name);
    const row = await withDatabase(() => query.executeTakeFirst());
    return row && toProvider(row);
  }

  async providers(tenantId: string, { cursor, limit }: Page): Promise<SealedProvider[]> {
    const query = this.tables
      .of(tenantId)
      .selectFrom('provider')
      .selectAll()
      .where('tenant_id', '=', tenantId)
      .where('name', '>', cursor);
    const rows = await withDatabase(() => query.orderBy('name').limit(limit).execute());
    return rows.map(toProvider);
  }

  async saveProvider(tenantId: string, provider: ProviderRow): Promise<SealedProvider> {
    const values = {
      kind: provider.kind,
      base_url: provider.baseUrl,
      sealed_key: provider.sealedKey ?? null,
      key_hint: provider.keyHint,
      options: JSON.stringify(provider.options),
      merges_repeats: provider.mergesRepeats,
    };
    const row = await this.change(tenantId, (db) =>
      db
        .insertInto('provider')
        .values({ tenant_id: tenantId, name: provider.name, ...values })
        .onConflict((conflict) =>
          conflict
            .columns(['tenant_id', 'name'])
            .doUpdateSet({ ...values, revision: sql`nextval('setup_revision')`, updated_at: sql`now()` }),
        )
        .returningAll()
        .executeTakeFirstOrThrow(),
    );
    return toProvider(row);
  }

  async routes(tenantId: string, { cursor, limit }: Page): Promise<RouteRow[]> {
    const query = this.tables
      .of(tenantId)
      .selectFrom('route')
      .selectAll()
      .where('tenant_id', '=', tenantId)
      .where('name', '>', cursor);
    const rows = await withDatabase(() => query.orderBy('name').limit(limit).execute());
    return rows.map((row) => ({ ...toRoute(row), updatedAt: row.updated_at }));
  }

  async saveRoute(tenantId: string, name: string, targets: readonly StoredTarget[], rules: object): Promise<RouteRow> {
    const values = { targets: JSON.stringify(targets), rules: JSON.stringify(rules) };
    const row = await this.change(tenantId, (db) =>
      db
        .insertInto('route')
        .values({ tenant_id: tenantId, name, ...values })
        .onConflict((conflict) =>
          conflict
            .columns(['tenant_id', 'name'])
            .doUpdateSet({ ...values, revision: sql`nextval('setup_revision')`, updated_at: sql`now()` }),
        )
        .returningAll()
        .executeTakeFirstOrThrow(),
    );
    return { ...toRoute(row), updatedAt: row.updated_at };
  }

  async remove(table: 'provider' | 'route' | 'budget', tenantId: string, name: string): Promise<boolean> {
    const { numDeletedRows } = await this.change(tenantId, (db) =>
      db.deleteFrom(table).where('tenant_id', '=', tenantId).where('name', '=', name).executeTakeFirstOrThrow(),
    );
    return numDeletedRows > 0;
  }

  async prices(tenantId: string): Promise<PriceOverride[]> {
    const query = this.tables
      .of(tenantId)
      .selectFrom('price')
      .selectAll()
      .distinctOn(['provider', 'model'])
      .where('tenant_id', '=', tenantId)
      .orderBy('provider')
      .orderBy('model')
      .orderBy('version', 'desc');
    const rows = await withDatabase(() => query.execute());
    return rows.map(toOverride).filter(({ prices }) => prices !== undefined);
  }

  async savePrice(
    tenantId: string,
    { provider, model, prices, validFrom }: Omit<PriceOverride, 'version'>,
  ): Promise<number> {
    const row = await this.change(tenantId, (db) =>
      db
        .insertInto('price')
        .values((expressions) => ({
          tenant_id: tenantId,
          provider,
          model,
          version: sql<number>`1 + coalesce(${expressions
            .selectFrom('price')
            .select(({ fn }) => fn.max('version').as('version'))
            .where('tenant_id', '=', tenantId)
            .where('provider', '=', provider)
            .where('model', '=', model)}, 0)`,
          input_per_million: prices?.inputPerMillion ?? null,
          cached_input_per_million: prices?.cachedInputPerMillion ?? null,
          output_per_million: prices?.outputPerMillion ?? null,
          per_call: prices?.perCall ?? 0,
          withdrawn: prices === undefined,
          valid_from: validFrom,
        }))
        .returning('version')
        .executeTakeFirstOrThrow(),
    );
    return row.version;
  }

  /** Does something and raises the tenant's revision with it. Changes of one tenant wait for each other. */
  async change<T>(tenantId: string, act: (db: Kysely<Tables>) => Promise<T>): Promise<T> {
    return withDatabase(() =>
      this.tables
        .of(tenantId)
        .transaction()
        .execute(async (transaction) => {
          await transaction
            .insertInto('tenant_revision')
            .values({ tenant_id: tenantId, value: 1 })
            .onConflict((conflict) =>
              conflict.column('tenant_id').doUpdateSet({ value: sql`tenant_revision.value + 1` }),
            )
            .execute();
          return act(transaction);
        }),
    );
  }
}
