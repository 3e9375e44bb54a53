import { withDatabase } from '@treadle/persistence';
import { type Kysely, sql } from 'kysely';
import { isPermission, type Permission } from '../../domain/access/permissions.js';
import { permissionsOf } from '../../domain/access/roles.js';
import type { AccessClaims, Device, Member, Session, SessionStore } from '../../domain/people/sessions.js';
import type { Database } from '../database.js';
import type { TenantDatabase } from '../tenant-database.js';

const now = sql<Date>`now()`;

export class KyselySessionStore implements SessionStore {
  constructor(private readonly database: TenantDatabase) {}

  async open({ tenantId, userId }: Member, refreshHash: string, expiresAt: Date, device: Device): Promise<string> {
    return this.database.within(tenantId, async (db) => {
      await db
        .updateTable('membership')
        .set({ last_sign_in_at: now })
        .where('tenant_id', '=', tenantId)
        .where('user_id', '=', userId)
        .execute();
      const row = { tenant_id: tenantId, user_id: userId, refresh_hash: refreshHash, expires_at: expiresAt };
      const { id } = await db
        .insertInto('session')
        .values({ ...row, address: device.address, agent: device.agent.slice(0, 300) })
        .returning('id')
        .executeTakeFirstOrThrow();
      return id;
    });
  }

  async refresh(usedHash: string, newHash: string): Promise<AccessClaims | undefined> {
    return withDatabase(() =>
      this.database.everything.transaction().execute(async (db) => {
        const claims = await replaceToken(db, usedHash, newHash);
        if (!claims) await endReused(db, usedHash);
        return claims;
      }),
    );
  }

  async permissions({ tenantId, userId, sessionId }: AccessClaims): Promise<ReadonlySet<Permission> | undefined> {
    const row = await withDatabase(() =>
      this.database.everything
        .selectFrom('session')
        .innerJoin('membership', (join) =>
          join
            .onRef('membership.user_id', '=', 'session.user_id')
            .onRef('membership.tenant_id', '=', 'session.tenant_id'),
        )
        .leftJoin('role', (join) =>
          join.onRef('role.tenant_id', '=', 'membership.tenant_id').onRef('role.name', '=', 'membership.role'),
        )
        .select(['membership.role', 'role.permissions'])
        .where('session.id', '=', sessionId)
        .where('session.user_id', '=', userId)
        .where('session.tenant_id', '=', tenantId)
        .where('session.ended_at', 'is', null)
        .where('session.expires_at', '>', now)
        .where('membership.disabled_at', 'is', null)
        .executeTakeFirst(),
    );
    return row && permissionsOf(row.role, tenantId, row.permissions?.filter(isPermission));
  }

  async list({ tenantId, userId }: Member): Promise<readonly Session[]> {
    const rows = await this.database.within(tenantId, (db) =>
      db
        .selectFrom('session')
        .select(['id', 'address', 'agent', 'created_at as createdAt', 'refreshed_at as refreshedAt'])
        .select('expires_at as expiresAt')
        .where('tenant_id', '=', tenantId)
        .where('user_id', '=', userId)
        .where('ended_at', 'is', null)
        .where('expires_at', '>', now)
        .orderBy('created_at', 'desc')
        .limit(100)
        .execute(),
    );
    return rows;
  }

  async end(member: Member, which: { sessionId: string } | { allBut: string }): Promise<number> {
    // A person signs out of a session of one organisation; a new password ends those of all.
    const ending = this.database.everything
      .updateTable('session')
      .set({ ended_at: now })
      .where('user_id', '=', member.userId)
      .where('ended_at', 'is', null);
    const some =
      'allBut' in which
        ? ending.where('id', '!=', which.allBut)
        : ending.where('id', '=', which.sessionId).where('tenant_id', '=', member.tenantId);
    const { numUpdatedRows } = await withDatabase(() => some.executeTakeFirstOrThrow());
    return Number(numUpdatedRows);
  }
}

/** Of two at the same time the second waits for the row, and then finds another hash in it. */
async function replaceToken(
  db: Kysely<Database>,
  usedHash: string,
  newHash: string,
): Promise<AccessClaims | undefined> {
  const claims = await db
    .updateTable('session')
    .set({ refresh_hash: newHash, refreshed_at: now })
    .where('refresh_hash', '=', usedHash)
    .where('ended_at', 'is', null)
    .where('expires_at', '>', now)
    .returning(['id as sessionId', 'user_id as userId', 'tenant_id as tenantId'])
    .executeTakeFirst();
  if (!claims) return undefined;
  await db.insertInto('used_refresh').values({ hash: usedHash, session_id: claims.sessionId }).execute();
  return claims;
}

/** Somebody has a token that was used before: either its owner's was stolen, or this one is the thief. */
async function endReused(db: Kysely<Database>, usedHash: string): Promise<void> {
  await db
    .updateTable('session')
    .set({ ended_at: now })
    .where('ended_at', 'is', null)
    .where('id', 'in', (where) => where.selectFrom('used_refresh').select('session_id').where('hash', '=', usedHash))
    .execute();
}
