import { Pool, type PoolClient } from 'pg';

/** Has no power of its own: the policies of `wallTenants` hold for it. */
export const tenantRole = 'treadle_tenant';

/** Connections of the wall: those of one pool at most. */
const maxConnections = 4;

const walledPools = new WeakMap<Pool, WalledPool>();

/** One for each pool; it ends with it. */
export function walledPoolOf(pool: Pool): WalledPool {
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

/** Connections that stay bound to the tenant that used them last. */
export class WalledPool {
  private readonly pool: Pool;
  private readonly tenants = new WeakMap<PoolClient, string>();
  private usable: Promise<boolean> | undefined;

  constructor(base: Pool) {
    this.pool = new Pool({ ...base.options, max: Math.min(maxConnections, base.options.max) });
    // As `createPool` has it: a connection that breaks is replaced, and whoever used it is told by its query.
    this.pool.on('connect', (client) => client.on('error', () => undefined));
    this.pool.on('error', () => undefined);
  }

  /** A connection that sees no row of anybody else until it is released. */
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
