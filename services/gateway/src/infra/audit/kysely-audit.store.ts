import { type AuditEntry, type AuditNote, type ChainPoint, canonical, chainStart, hashAfter } from '@treadle/audit';
import { withDatabase } from '@treadle/persistence';
import { type Kysely, type SelectQueryBuilder, sql, type Transaction } from 'kysely';
import type { AuditLink, AuditQuery, AuditStore } from '../../domain/audit/audit-store.js';
import type { Database } from '../database.js';
import type { TenantDatabase } from '../tenant-database.js';

export class KyselyAuditStore implements AuditStore {
  constructor(
    private readonly database: TenantDatabase,
    private readonly now: () => number,
  ) {}

  async append(tenantId: string, notes: readonly AuditNote[]): Promise<readonly number[]> {
    return this.database.within(tenantId, async (db) => {
      let point = await lockHead(db, tenantId);
      const at = new Date(this.now()).toISOString();
      const rows = notes.map((note) => {
        const entry: AuditEntry = { ...note, tenant: tenantId, seq: point.seq + 1, at };
        point = { seq: entry.seq, hash: hashAfter(point.hash, entry) };
        return { tenant_id: tenantId, ...point, entry: canonical(entry) };
      });
      await db.insertInto('audit_entry').values(rows).execute();
      await db.updateTable('audit_head').set(point).where('tenant_id', '=', tenantId).execute();
      return rows.map(({ seq }) => seq);
    });
  }

  async heads(): Promise<readonly (ChainPoint & { readonly tenantId: string })[]> {
    const { everything } = this.database;
    return withDatabase(() =>
      everything.selectFrom('audit_head').select(['tenant_id as tenantId', 'seq', 'hash']).execute(),
    );
  }

  /** Records rotations of the encryption that nobody has recorded yet, each as one entry. */
  async recordRotations(
    record: (facts: { readonly rewrapped: number; readonly lost: number }) => Promise<unknown>,
  ): Promise<void> {
    await withDatabase(() =>
      this.database.everything.transaction().execute(async (db) => {
        const { rows } = await sql<{ id: string; rewrapped: number; lost: number }>`
          select id, rewrapped, lost from encryption_rotation where recorded_at is null order by id limit 10
          for update skip locked`.execute(db);
        for (const { id, rewrapped, lost } of rows) {
          await record({ rewrapped, lost });
          await sql`update encryption_rotation set recorded_at = now() where id = ${id}`.execute(db);
        }
      }),
    );
  }

  async list(tenantId: string, query: AuditQuery, below: number, limit: number): Promise<readonly AuditLink[]> {
    const rows = await this.database.within(tenantId, (db) => {
      const found = matching(db, tenantId, query)
        .where((where) =>
          where.or([
            where('outcome', '!=', 'begun'),
            where.not(
              where.exists(
                where
                  .selectFrom('audit_entry as ending')
                  .select('ending.seq')
                  .where('ending.tenant_id', '=', tenantId)
                  .whereRef('ending.begun', '=', 'audit_entry.seq'),
              ),
            ),
          ]),
        )
        .orderBy('seq', 'desc')
        .limit(limit);
      return (below > 0 ? found.where('seq', '<', below) : found).execute();
    });
    return rows.map(linkOf);
  }

  async read(tenantId: string, query: AuditQuery, after: number, until: number, limit: number) {
    const rows = await this.database.within(tenantId, (db) =>
      matching(db, tenantId, query)
        .where('seq', '>', after)
        .where('seq', '<=', until)
        .orderBy('seq')
        .limit(limit)
        .execute(),
    );
    return rows.map(linkOf);
  }

  async head(tenantId: string): Promise<ChainPoint> {
    const row = await this.database.within(tenantId, (db) =>
      db.selectFrom('audit_head').select(['seq', 'hash']).where('tenant_id', '=', tenantId).executeTakeFirst(),
    );
    return row ?? chainStart(tenantId);
  }

  async start(tenantId: string): Promise<ChainPoint> {
    return this.database.within(tenantId, (db) => startOf(db, tenantId));
  }

  async retire(tenantId: string, before: Date, atMost: number): Promise<number> {
    return withDatabase(() =>
      this.database.everything.transaction().execute(async (db) => {
        await lockHead(db, tenantId);
        const { seq } = await startOf(db, tenantId);
        const last = await lastToRetire(db, tenantId, seq, before, atMost);
        if (!last) return 0;
        const segment = { tenant_id: tenantId, first_seq: seq + 1, last_seq: last.seq, last_hash: last.hash };
        await db.insertInto('audit_segment').values(segment).execute();
        await db.deleteFrom('audit_entry').where('tenant_id', '=', tenantId).where('seq', '<=', last.seq).execute();
        return last.seq - seq;
      }),
    );
  }

  async tenantsWithOlder(before: Date): Promise<readonly string[]> {
    const rows = await withDatabase(() =>
      this.database.everything
        .selectFrom('audit_head')
        .select('tenant_id')
        .where((where) =>
          where.exists(
            where
              .selectFrom('audit_entry')
              .select('audit_entry.seq')
              .whereRef('audit_entry.tenant_id', '=', 'audit_head.tenant_id')
              .where('at', '<', before.toISOString()),
          ),
        )
        .execute(),
    );
    return rows.map((row) => row.tenant_id);
  }
}

/** The end of a chain, held by this transaction until it ends. */
async function lockHead(db: Transaction<Database>, tenantId: string): Promise<ChainPoint> {
  const find = () =>
    db
      .selectFrom('audit_head')
      .select(['seq', 'hash'])
      .where('tenant_id', '=', tenantId)
      .forUpdate()
      .executeTakeFirst();
  const head = await find();
  if (head) return head;
  const first = { tenant_id: tenantId, ...chainStart(tenantId) };
  await db
    .insertInto('audit_head')
    .values(first)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return (await find()) ?? chainStart(tenantId);
}

async function startOf(db: Kysely<Database>, tenantId: string): Promise<ChainPoint> {
  const anchor = await db
    .selectFrom('audit_segment')
    .select(['last_seq as seq', 'last_hash as hash'])
    .where('tenant_id', '=', tenantId)
    .orderBy('last_seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  return anchor ?? chainStart(tenantId);
}

/** The last of the oldest that are all older; never the head. */
async function lastToRetire(db: Kysely<Database>, tenantId: string, after: number, before: Date, atMost: number) {
  return db
    .selectFrom('audit_entry')
    .select(['seq', 'hash'])
    .where('tenant_id', '=', tenantId)
    .where('seq', '<=', after + atMost)
    .where('at', '<', before.toISOString())
    .where('seq', '<', (where) => where.selectFrom('audit_head').select('seq').where('tenant_id', '=', tenantId))
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
}

function matching(db: Kysely<Database>, tenantId: string, query: AuditQuery) {
  const { actor, action, kind, object, outcome, from, until } = query;
  const conditions: [Parameters<typeof narrow>[1], string | undefined][] = [
    ['actor', actor],
    ['action', action],
    ['object_kind', kind],
    ['object_id', object],
    ['outcome', outcome],
  ];
  const all = db.selectFrom('audit_entry').select(['hash', 'entry']).where('tenant_id', '=', tenantId);
  let found = conditions.reduce((rest, [name, value]) => narrow(rest, name, value), all);
  if (from) found = found.where('at', '>=', from.toISOString());
  if (until) found = found.where('at', '<', until.toISOString());
  return found;
}

type Rows = SelectQueryBuilder<Database, 'audit_entry', { hash: string; entry: string }>;

function narrow(
  rows: Rows,
  name: 'actor' | 'action' | 'object_kind' | 'object_id' | 'outcome',
  value: string | undefined,
): Rows {
  return value === undefined ? rows : rows.where(sql.ref<string>(name), '=', value);
}

function linkOf({ hash, entry }: { hash: string; entry: string }): AuditLink {
  return { hash, entry: JSON.parse(entry) as AuditEntry };
}
