import { Kysely, PostgresDialect } from 'kysely';
import { LRUCache } from 'lru-cache';
import type { Pool } from 'pg';
import { createDatabase } from './pool.js';
import { type WalledPool, walledPoolOf } from './walled-pool.js';

/** Organisations that ask again soon keep their place; the rest costs an object each time. */
const maxBound = 500;

/**
 * A service's tables: all of them, or those of one tenant behind row-level security, where a statement sees no row of anybody else whatever
 * its conditions forget.
 *
 * Statements behind the wall have connections of their own, which stay bound to the tenant that used them last. So the wall costs a round
 * trip when a connection changes hands between tenants, and nothing otherwise; and statements for many tenants at once, such as the
 * journal's group commit, never meet it.
 */
export class TenantTables<Tables> {
  /** For what belongs to no tenant, or to many at once. */
  readonly all: Kysely<Tables>;
  private readonly walled: WalledPool;
  private readonly bound = new LRUCache<string, Kysely<Tables>>({ max: maxBound });

  constructor(pool: Pool) {
    this.all = createDatabase<Tables>(pool);
    this.walled = walledPoolOf(pool);
  }

  /** The rows of one tenant. */
  of(tenantId: string): Kysely<Tables> {
    const known = this.bound.get(tenantId);
    if (known) return known;
    const { walled } = this;
    const pool = { options: {}, connect: () => walled.connect(tenantId), end: async () => undefined };
    const made = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
    this.bound.set(tenantId, made);
    return made;
  }
}
