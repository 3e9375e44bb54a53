import { createHash } from 'node:crypto';
import { Client } from 'pg';

/** What changes by being asked, or by itself. */
const restless = new Set(['last_used_at', 'last_sign_in_at', 'refreshed_at', 'known_until', 'heartbeat_at']);
/** Tables that hold nothing of an organisation's: attempts, counters, the record of denials, places in a queue. */
const passing =
  /(?:^|\.)(?:audit_\w+|sign_in_attempt\w*|rate_\w+|session\w*|\w*lease\w*|\w*partition\w*|\w*outbox\w*|\w*replica\w*)$/;

interface Table {
  readonly name: string;
  readonly ofTenant: boolean;
}

/** All that Treadle keeps in PostgreSQL, read past every wall. */
export class Database {
  private constructor(private readonly client: Client) {}

  static async open(connectionString: string): Promise<Database> {
    const client = new Client(connectionString);
    // A server that ends first is no trouble of ours; whoever asks is told by the query.
    client.on('error', () => undefined);
    await client.connect();
    return new Database(client);
  }

  /** A hash of what is kept for an organisation, by the name of the table. */
  async digest(tenantId: string): Promise<ReadonlyMap<string, string>> {
    const digests = new Map<string, string>();
    for (const table of await this.tables()) {
      if (!table.ofTenant || passing.test(table.name)) continue;
      const hash = createHash('sha256');
      for (const row of (await this.rows(table.name)).sort()) {
        const facts = JSON.parse(row) as Record<string, unknown>;
        if (facts['tenant_id'] !== tenantId) continue;
        for (const name of restless) delete facts[name];
        hash.update(JSON.stringify(facts));
      }
      digests.set(table.name, hash.digest('hex'));
    }
    return digests;
  }

  /** Every row of every table as JSON. */
  async *dump(): AsyncIterable<{ readonly table: string; readonly row: string }> {
    for (const { name } of await this.tables()) for (const row of await this.rows(name)) yield { table: name, row };
  }

  /** Rows that a statement gives. */
  async ask<T extends object>(statement: string, values: readonly unknown[] = []): Promise<readonly T[]> {
    return (await this.client.query<T>(statement, [...values])).rows;
  }

  close(): Promise<void> {
    return this.client.end();
  }

  private async rows(table: string): Promise<string[]> {
    const { rows } = await this.client.query<{ row: string }>(`select to_jsonb(t)::text as row from ${table} t`);
    return rows.map(({ row }) => row);
  }

  private async tables(): Promise<readonly Table[]> {
    return this.ask<Table>(`select format('%I.%I', table_schema, table_name) as name, exists (
        select from information_schema.columns c
        where (c.table_schema, c.table_name, c.column_name) = (t.table_schema, t.table_name, 'tenant_id')) as "ofTenant"
      from information_schema.tables t
      where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema') order by 1`);
  }
}
