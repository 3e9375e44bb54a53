import { Kysely, PostgresDialect } from 'kysely';
import { Pool, type PoolClient } from 'pg';
import { createDatabase } from './pool.js';

/** Has no power of its own: the policies of `wallTenants` hold for it. */
export const tenantRole = 'treadle_tenant';

/** Organisations that ask again soon keep their place; the rest costs an object each time. */
const maxBound = 500;
/** Connections of the wall: those of one pool at most. */
const maxConnections = 4;

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
  private readonly bound = new Map<string, Kysely<Tables>>();

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
    if (this.bound.size >= maxBound) this.bound.clear();
    this.bound.set(tenantId, made);
    return made;
  }
}

const walledPools = new WeakMap<Pool, WalledPool>();

/** One for each pool; it ends with it. */
function walledPoolOf(pool: Pool): WalledPool {
  const known = walledPools.get(pool);
  if (known) return known;
  const walled = new WalledPool(pool);
  walledPools.set(pool, walled);
  const end = pool.end.bind(pool);
  pool.end = async () => {
    await walled.end();
    await end();
  };
  return walled;
}

class WalledPool {
  private readonly pool: Pool;
  private readonly tenants = new WeakMap<PoolClient, string>();
  private usable: Promise<boolean> | undefined;

  constructor(base: Pool) {
    this.pool = new Pool({ ...base.options, max: Math.min(maxConnections, base.options.max) });
    // As `createPool` has it: a connection that breaks is replaced, and whoever used it is told by its query.
    this.pool.on('connect', (client) => client.on('error', () => undefined));
    this.pool.on('error', () => undefined);
  }

  async connect(tenantId: string): Promise<PoolClient> {
    const client = await this.pool.connect();
    if (this.tenants.get(client) === tenantId) return client;
    try {
      const role = (await this.roleIsUsable(client)) ? tenantRole : 'none';
      const text = "select set_config('treadle.tenant', $1, false), set_config('role', $2, false)";
      await client.query(text, [tenantId, role]);
      this.tenants.set(client, tenantId);
      return client;
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  end(): Promise<void> {
    return this.pool.ended ? Promise.resolve() : this.pool.end();
  }

  /** Where it is not, the service's own user is bound by the policies: see `wallTenants`. */
  private roleIsUsable(client: PoolClient): Promise<boolean> {
    const asked = (this.usable ??= client
      .query<{ usable: boolean }>(
        `select coalesce((select pg_has_role(session_user, oid, 'member') from pg_roles where rolname = $1), false) as usable`,
        [tenantRole],
      )
      .then(({ rows }) => rows[0]?.usable ?? false));
    asked.catch(() => (this.usable = undefined));
    return asked;
  }
}
