import { FailureError } from '@treadle/failure';
import { withDatabase } from '@treadle/persistence';
import { type Kysely, sql } from 'kysely';
import type { Invitation, User, UserChange, UserStore } from '../../domain/people/users.js';
import type { Database } from '../database.js';
import type { TenantDatabase } from '../tenant-database.js';

const now = sql<Date>`now()`;

export class KyselyUserStore implements UserStore {
  constructor(private readonly database: TenantDatabase) {}

  async list(tenantId: string, after: string, limit: number): Promise<readonly User[]> {
    const rows = await this.database.within(tenantId, (db) =>
      members(db, tenantId).where('email', '>', after).orderBy('email').limit(limit).execute(),
    );
    return rows.map(userOf);
  }

  async get(tenantId: string, userId: string): Promise<User | undefined> {
    if (!uuid.test(userId)) return undefined;
    return this.database.within(tenantId, (db) => one(db, tenantId, userId));
  }

  async add(tenantId: string, email: string, name: string, role: string): Promise<User | undefined> {
    // Outside the wall: the person may belong to another organisation already. Nothing of them is told or changed.
    const { id } = await withDatabase(() =>
      this.database.everything
        .insertInto('person')
        .values({ email, name })
        .onConflict((conflict) => conflict.column('email').doUpdateSet({ email }))
        .returning('id')
        .executeTakeFirstOrThrow(),
    );
    return this.database.within(tenantId, async (db) => {
      const added = await db
        .insertInto('membership')
        .values({ tenant_id: tenantId, user_id: id, role })
        .onConflict((conflict) => conflict.doNothing())
        .returning('user_id')
        .executeTakeFirst();
      return added && one(db, tenantId, id);
    });
  }

  async change(tenantId: string, userId: string, { role, disabled }: UserChange): Promise<User | undefined> {
    return this.database.within(tenantId, async (db) => {
      if (role === undefined && disabled === undefined) return one(db, tenantId, userId);
      if (disabled || (role !== undefined && role !== 'owner')) await keepAnOwner(db, tenantId, userId);
      await db
        .updateTable('membership')
        .set({
          ...(role !== undefined && { role }),
          ...(disabled !== undefined && { disabled_at: disabled ? now : null }),
        })
        .where('tenant_id', '=', tenantId)
        .where('user_id', '=', userId)
        .execute();
      return one(db, tenantId, userId);
    });
  }

  async remove(tenantId: string, userId: string): Promise<boolean> {
    const { numDeletedRows } = await this.database.within(tenantId, async (db) => {
      await keepAnOwner(db, tenantId, userId);
      return db
        .deleteFrom('membership')
        .where('tenant_id', '=', tenantId)
        .where('user_id', '=', userId)
        .executeTakeFirstOrThrow();
    });
    return numDeletedRows > 0n;
  }

  async belongsHereOnly(tenantId: string, userId: string): Promise<boolean> {
    const other = await withDatabase(() => elsewhere(this.database.everything, tenantId, userId).executeTakeFirst());
    return other === undefined;
  }

  async invite(
    tenantId: string,
    userId: string,
    hash: string,
    resetsPassword: boolean,
    expiresAt: Date,
  ): Promise<void> {
    await this.database.within(tenantId, async (db) => {
      await db.deleteFrom('invitation').where('tenant_id', '=', tenantId).where('user_id', '=', userId).execute();
      await db
        .insertInto('invitation')
        .values({ hash, tenant_id: tenantId, user_id: userId, resets_password: resetsPassword, expires_at: expiresAt })
        .execute();
    });
  }

  async findInvitation(hash: string): Promise<Invitation | undefined> {
    return withDatabase(async () => {
      const db = this.database.everything;
      const found = await db
        .selectFrom('invitation')
        .innerJoin('person', 'person.id', 'invitation.user_id')
        .innerJoin('membership', (join) =>
          join
            .onRef('membership.user_id', '=', 'invitation.user_id')
            .onRef('membership.tenant_id', '=', 'invitation.tenant_id'),
        )
        .select(['invitation.tenant_id', 'invitation.user_id', 'resets_password', 'password_hash'])
        .where('hash', '=', hash)
        .where('expires_at', '>', now)
        .where('disabled_at', 'is', null)
        .executeTakeFirst();
      if (!found) return undefined;
      const other = await elsewhere(db, found.tenant_id, found.user_id)
        .where('accepted_at', 'is not', null)
        .executeTakeFirst();
      return {
        tenantId: found.tenant_id,
        userId: found.user_id,
        resetsPassword: found.resets_password,
        passwordHash: found.password_hash ?? undefined,
        belongsElsewhere: other !== undefined,
      };
    });
  }

  async accept(hash: string, passwordHash: string): Promise<boolean> {
    return withDatabase(() =>
      this.database.everything.transaction().execute(async (db) => {
        const used = await db
          .deleteFrom('invitation')
          .where('hash', '=', hash)
          .returning(['tenant_id', 'user_id'])
          .executeTakeFirst();
        if (!used) return false;
        await db
          .updateTable('membership')
          .set({ accepted_at: sql<Date>`coalesce(accepted_at, now())` })
          .where('tenant_id', '=', used.tenant_id)
          .where('user_id', '=', used.user_id)
          .execute();
        await db.updateTable('person').set({ password_hash: passwordHash }).where('id', '=', used.user_id).execute();
        return true;
      }),
    );
  }
}

const uuid = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

function members(db: Kysely<Database>, tenantId: string) {
  return db
    .selectFrom('membership')
    .innerJoin('person', 'person.id', 'membership.user_id')
    .select(['person.id', 'email', 'name', 'role', 'membership.created_at as createdAt'])
    .select(['accepted_at', 'disabled_at', 'last_sign_in_at'])
    .where('tenant_id', '=', tenantId);
}

async function one(db: Kysely<Database>, tenantId: string, userId: string): Promise<User | undefined> {
  const row = await members(db, tenantId).where('user_id', '=', userId).executeTakeFirst();
  return row && userOf(row);
}

interface MemberRow extends Pick<User, 'id' | 'email' | 'name' | 'role' | 'createdAt'> {
  readonly accepted_at: Date | null;
  readonly disabled_at: Date | null;
  readonly last_sign_in_at: Date | null;
}

function userOf({ accepted_at, disabled_at, last_sign_in_at, ...user }: MemberRow): User {
  const status = disabled_at ? 'disabled' : accepted_at ? 'active' : 'invited';
  return { ...user, status, lastSignInAt: last_sign_in_at ?? undefined };
}

function elsewhere(db: Kysely<Database>, tenantId: string, userId: string) {
  return db
    .selectFrom('membership')
    .select('tenant_id')
    .where('user_id', '=', userId)
    .where('tenant_id', '!=', tenantId);
}

/** Locks the owners, so that two of them cannot take each other away at the same time. */
async function keepAnOwner(db: Kysely<Database>, tenantId: string, userId: string): Promise<void> {
  const owners = await db
    .selectFrom('membership')
    .select(['user_id', 'accepted_at'])
    .where('tenant_id', '=', tenantId)
    .where('role', '=', 'owner')
    .where('disabled_at', 'is', null)
    .orderBy('user_id')
    .forUpdate()
    .execute();
  const is = owners.some(({ user_id, accepted_at }) => user_id === userId && accepted_at !== null);
  if (is && !owners.some(({ user_id, accepted_at }) => user_id !== userId && accepted_at !== null))
    throw FailureError.of('invalid_argument', 'The last owner stays. Make somebody else an owner first.', {
      field: 'id',
    });
}
