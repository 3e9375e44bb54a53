import { createPool, migrate, OwnerLock } from '@treadle/persistence';
import { type TestDatabase, testDatabase } from '@treadle/testing';
import type { Pool } from 'pg';
import { Meter, type MeterOptions } from '../src/domain/meter.js';
import type { BillableCall } from '../src/domain/money-gate.js';
import { tokenPrice } from '../src/domain/price.js';
import { ownerLockClass } from '../src/infra/migrations/0003-counter-functions.js';
import { modelProxyMigrations, modelProxySchema } from '../src/infra/migrations/index.js';
import { PostgresSpendingStore } from '../src/infra/postgres-spending.store.js';

/** A dollar for a million tokens of input, ten for output. */
export const testPrice = tokenPrice('test', {
  inputPerMillion: 1,
  cachedInputPerMillion: 0.5,
  outputPerMillion: 10,
  perCall: 0,
});

export function callFor(overrides: Partial<BillableCall> & { readonly tenantId?: string } = {}): BillableCall {
  const { tenantId = 'acme', ...rest } = overrides;
  return {
    spender: { tenantId, workflowId: 'w1', runId: 'r1', nodeKey: 'n1', apiKeyId: 'k1' },
    operation: 'chat',
    provider: 'openai',
    kind: 'openai',
    model: 'small',
    route: '',
    idempotencyKey: '',
    inputTokensAtMost: 1000,
    outputTokensAtMost: 100,
    deadlineUnixMs: 0,
    ...rest,
  };
}

/** A replica of the proxy, as far as its books go. */
export interface Replica {
  readonly meter: Meter;
  readonly store: PostgresSpendingStore;
  /** Ends it as a kill would: what was not written stays unwritten. */
  kill(): Promise<void>;
}

/** The books on a database of their own. */
export class Books {
  private readonly replicas: { kill(): Promise<void> }[] = [];

  private constructor(
    private readonly database: TestDatabase,
    readonly pool: Pool,
  ) {}

  static async open(): Promise<Books> {
    const database = await testDatabase();
    const pool = createPool(database.connectionString, { schema: modelProxySchema });
    await migrate(pool, modelProxySchema, modelProxyMigrations);
    return new Books(database, pool);
  }

  async replica(overrides: Partial<MeterOptions> = {}): Promise<Replica> {
    const pool = createPool(this.database.connectionString, { schema: modelProxySchema });
    const lock = new OwnerLock(pool, ownerLockClass);
    await lock.take();
    const store = new PostgresSpendingStore(pool, lock);
    const meter = new Meter({
      store,
      prices: { find: ({ model }) => (model === 'unpriced' ? undefined : testPrice) },
      hasBudgets: async () => true,
      outputTokensAtMost: 4096,
      log: { warn: () => undefined },
      ...overrides,
    });
    let alive = true;
    const kill = async () => {
      if (!alive) return;
      alive = false;
      lock.release();
      await pool.end();
    };
    this.replicas.push({ kill });
    return { meter, store, kill };
  }

  async budget(values: {
    readonly name?: string;
    readonly scope?: string;
    readonly subject?: string;
    readonly period?: string;
    readonly usd?: number;
    readonly tokens?: number;
  }): Promise<void> {
    const { name = 'cap', scope = 'tenant', subject = '*', period = 'total', usd = null, tokens = null } = values;
    await this.pool.query(
      `insert into budget (tenant_id, name, scope, subject, period, limit_usd, limit_tokens, thresholds)
       values ('acme', $1, $2, $3, $4, $5, $6, '{75,90}')`,
      [name, scope, subject, period, usd, tokens],
    );
  }

  async one<Row extends object>(query: string): Promise<Row> {
    const { rows } = await this.pool.query<Row>(query);
    return rows[0]!;
  }

  /** Sums over all counters and the ledger, as numbers. */
  async totals() {
    return this.one<{ spent: number; reserved: number; reservations: number; ledger: number; rows: number }>(`
      select (select coalesce(sum(spent_usd), 0)::float8 from budget_counter) as spent,
        (select coalesce(sum(reserved_usd), 0)::float8 from budget_counter) as reserved,
        (select count(*) from reservation) as reservations,
        (select coalesce(sum(usd), 0)::float8 from usage_ledger) as ledger,
        (select count(*) from usage_ledger) as rows`);
  }

  async close(): Promise<void> {
    for (const replica of this.replicas) await replica.kill();
    await this.pool.end();
    await this.database.drop();
  }
}
