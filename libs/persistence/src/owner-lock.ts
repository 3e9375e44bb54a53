import type { Pool, PoolClient } from 'pg';

const tryAgainMs = 1000;

/**
 * Says that this process lives: an advisory lock under its number, held on a connection of its own. The server lets go of it the moment the
 * process is gone, however it went. The number comes from the sequence `owner_number` in the schema of the pool's service.
 */
export class OwnerLock {
  private client: PoolClient | undefined;
  private number: number | undefined;
  private trying: NodeJS.Timeout | undefined;
  private closed = false;

  /** The class is the first key of the locks; each service has its own, since locks are shared by a whole database. */
  constructor(
    private readonly pool: Pool,
    private readonly lockClass: number,
  ) {}

  /** The process's number, once `take` has resolved. */
  get owner(): number | undefined {
    return this.number;
  }

  async take(): Promise<void> {
    const client = await this.pool.connect();
    try {
      this.number ??= await nextNumber(client);
      // A machine that vanished without a word is noticed within half a minute.
      await client.query('set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 4');
      await client.query('select pg_advisory_lock($1, $2)', [this.lockClass, this.number]);
    } catch (error) {
      client.release(true);
      throw error;
    }
    this.client = client;
    client.once('error', () => this.lost(client));
    client.once('end', () => this.lost(client));
    if (this.closed) this.release();
  }

  release(): void {
    this.closed = true;
    clearTimeout(this.trying);
    const client = this.client;
    this.client = undefined;
    // The connection is ended, not given back: the lock must not outlive us in a pool.
    client?.release(true);
  }

  private lost(client: PoolClient): void {
    if (this.client !== client) return;
    this.client = undefined;
    client.release(true);
    this.tryAgain();
  }

  private tryAgain(): void {
    if (this.closed) return;
    this.trying = setTimeout(() => void this.take().catch(() => this.tryAgain()), tryAgainMs).unref();
  }
}

async function nextNumber(client: PoolClient): Promise<number> {
  const { rows } = await client.query<{ number: number }>(`select nextval('owner_number')::integer as number`);
  const [row] = rows;
  if (!row) throw new Error('A sequence gave no number.');
  return row.number;
}
