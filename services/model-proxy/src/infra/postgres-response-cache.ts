import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import type { ChatPart } from '../domain/question.js';
import type { ResponseCache } from '../domain/response-cache.js';

/** A cache that takes longer to look into is not worth the wait. */
const patienceMs = 250;

interface Row {
  readonly parts: readonly ChatPart[];
  readonly seconds_left: number;
}

/** Answers in PostgreSQL, shared by all replicas, with those used last in this process. A database that is away is an empty cache. */
export class PostgresResponseCache implements ResponseCache {
  private readonly writing = new Set<Promise<void>>();

  constructor(
    private readonly pool: Pool,
    private readonly near: ResponseCache & { forget(tenantId: string): void },
    private readonly log: { warn(facts: object, message: string): void },
  ) {}

  async get(tenantId: string, key: string): Promise<readonly ChatPart[] | undefined> {
    const near = await this.near.get(tenantId, key);
    if (near) return near;
    const late = new AbortController();
    const tooLate = delay(patienceMs, undefined, { signal: late.signal }).catch(() => undefined);
    const row = await Promise.race([this.read(tenantId, key), tooLate]);
    late.abort();
    if (!row) return undefined;
    this.near.set(tenantId, key, row.parts, row.seconds_left);
    return row.parts;
  }

  set(tenantId: string, key: string, parts: readonly ChatPart[], ttlSeconds: number): void {
    this.near.set(tenantId, key, parts, ttlSeconds);
    const written = this.write(tenantId, key, parts, ttlSeconds).finally(() => this.writing.delete(written));
    this.writing.add(written);
  }

  /** Takes away all answers of a tenant; other replicas keep those they used last until they expire. Throws what the database throws. */
  async forget(tenantId: string): Promise<void> {
    await this.settled();
    this.near.forget(tenantId);
    await this.pool.query('delete from cached_response where tenant_id = $1', [tenantId]);
  }

  /** Takes away what has expired. @returns how many. Throws what the database throws. */
  async purge(): Promise<number> {
    const { rowCount } = await this.pool.query('delete from cached_response where expires_at <= now()');
    return rowCount ?? 0;
  }

  /** Resolves when everything that was set is written, or could not be. */
  async settled(): Promise<void> {
    await Promise.all(this.writing);
  }

  private async read(tenantId: string, key: string): Promise<Row | undefined> {
    const text = `select parts, extract(epoch from expires_at - now())::float8 as seconds_left
      from cached_response where tenant_id = $1 and key = $2 and expires_at > now()`;
    try {
      const { rows } = await this.pool.query<Row>({ name: 'cached-response', text, values: [tenantId, key] });
      return rows[0];
    } catch (error) {
      this.log.warn({ reason: String(error) }, 'the response cache cannot be read');
      return undefined;
    }
  }

  private async write(tenantId: string, key: string, parts: readonly ChatPart[], ttlSeconds: number): Promise<void> {
    const text = `insert into cached_response (tenant_id, key, parts, expires_at)
      values ($1, $2, $3::jsonb, now() + make_interval(secs => $4))
      on conflict (tenant_id, key) do update set parts = excluded.parts, expires_at = excluded.expires_at`;
    try {
      await this.pool.query(text, [tenantId, key, storable(parts), ttlSeconds]);
    } catch (error) {
      this.log.warn({ reason: String(error) }, 'an answer could not be written to the response cache');
    }
  }
}

/** A column of JSON holds every character but one. */
function storable(parts: readonly ChatPart[]): string {
  return JSON.stringify(parts).replaceAll(/(?<!\\)((?:\\\\)*)\\u0000/g, '$1\\ufffd');
}
