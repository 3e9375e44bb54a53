import { TenantTables, withDatabase } from '@treadle/persistence';
import { sql } from 'kysely';
import type { Pool } from 'pg';
import type { BudgetRepository, BudgetState, BudgetWithState, Page, SavedBudget } from '../domain/setup.js';
import type { KyselySetupRepository } from './kysely-setup.repository.js';
import type { Tables } from './tables.js';

type Row = Omit<SavedBudget, 'limitUsd' | 'limitTokens'> & {
  readonly limitUsd: number | null;
  readonly limitTokens: number | null;
  readonly state: BudgetState | null;
};

/** Budgets and how full they are. */
export class KyselyBudgetRepository implements BudgetRepository {
  private readonly tables: TenantTables<Tables>;

  constructor(
    pool: Pool,
    private readonly setup: KyselySetupRepository,
  ) {
    this.tables = new TenantTables<Tables>(pool);
  }

  async list(tenantId: string, { cursor, limit }: Page): Promise<BudgetWithState[]> {
    const { rows } = await withDatabase(() =>
      budgetQuery(tenantId, sql`b.name > ${cursor}`, limit).execute(this.tables.of(tenantId)),
    );
    return rows.map(toBudget);
  }

  async save(tenantId: string, budget: SavedBudget): Promise<BudgetWithState> {
    const { name, scope, subject, period, limitUsd = null, limitTokens = null, thresholds } = budget;
    const values = {
      scope,
      subject,
      period,
      limit_usd: limitUsd,
      limit_tokens: limitTokens,
      thresholds: [...thresholds],
    };
    await this.setup.change(tenantId, (db) =>
      db
        .insertInto('budget')
        .values({ tenant_id: tenantId, name, ...values })
        .onConflict((conflict) =>
          conflict.columns(['tenant_id', 'name']).doUpdateSet({ ...values, updated_at: sql`now()` }),
        )
        .execute(),
    );
    await this.lowerLevels(tenantId, name);
    const { rows } = await withDatabase(() =>
      budgetQuery(tenantId, sql`b.name = ${name}`, 1).execute(this.tables.of(tenantId)),
    );
    return rows.map(toBudget)[0] ?? { ...budget, state: undefined };
  }

  /** A raised limit is announced again when it is nearly used up in its turn. */
  private async lowerLevels(tenantId: string, name: string): Promise<void> {
    const lower = sql`
      update budget_counter c set level = coalesce((
        select max(t) from unnest(b.thresholds || 100) as t
        where c.spent_usd * 100 >= b.limit_usd * t or c.spent_tokens * 100 >= b.limit_tokens * t), 0)
      from budget b where b.id = c.budget_id and b.tenant_id = ${tenantId} and b.name = ${name}`;
    await withDatabase(() => lower.execute(this.tables.of(tenantId)));
  }
}

function budgetQuery(tenantId: string, condition: ReturnType<typeof sql>, limit: number) {
  return sql<Row>`
    select b.name, b.scope, b.subject, b.period, b.limit_usd::float8 as "limitUsd", b.limit_tokens as "limitTokens", b.thresholds,
      (
        select json_build_object('subject', c.subject, 'spentUsd', c.spent_usd, 'reservedUsd', c.reserved_usd,
          'spentTokens', c.spent_tokens, 'reservedTokens', c.reserved_tokens, 'level', c.level)
        from budget_counter c
        where c.budget_id = b.id
          and c.period_start = case when b.period = 'total' then 'epoch'::timestamptz else date_trunc(b.period, now(), 'UTC') end
        order by greatest(c.spent_usd / nullif(b.limit_usd, 0), c.spent_tokens::numeric / nullif(b.limit_tokens, 0)) desc nulls last
        limit 1
      ) as state
    from budget b where b.tenant_id = ${tenantId} and ${condition} order by b.name limit ${limit}`;
}

function toBudget({ limitUsd, limitTokens, state, ...rest }: Row): BudgetWithState {
  return { ...rest, limitUsd: limitUsd ?? undefined, limitTokens: limitTokens ?? undefined, state: state ?? undefined };
}
