import { withDatabase } from '@treadle/persistence';
import { type Kysely, sql } from 'kysely';
import type { OpenIdAttempt, OpenIdClaims, OpenIdStore } from '../../domain/people/open-id.js';
import type { Member } from '../../domain/people/sessions.js';
import type { Database } from '../database.js';
import type { TenantDatabase } from '../tenant-database.js';

const now = sql<Date>`now()`;

export class KyselyOpenIdStore implements OpenIdStore {
  constructor(private readonly database: TenantDatabase) {}

  async remember(stateHash: string, binderHash: string, attempt: OpenIdAttempt, expiresAt: Date): Promise<void> {
    const { nonce, verifier, redirectUri } = attempt;
    const row = { state_hash: stateHash, binder_hash: binderHash, nonce, verifier, redirect_uri: redirectUri };
    await withDatabase(() =>
      this.database.everything
        .insertInto('open_id_attempt')
        .values({ ...row, expires_at: expiresAt })
        .execute(),
    );
  }

  async take(stateHash: string, binderHash: string): Promise<OpenIdAttempt | undefined> {
    return withDatabase(() =>
      this.database.everything
        .deleteFrom('open_id_attempt')
        .where('state_hash', '=', stateHash)
        .where('binder_hash', '=', binderHash)
        .where('expires_at', '>', now)
        .returning(['nonce', 'verifier', 'redirect_uri as redirectUri'])
        .executeTakeFirst(),
    );
  }

  async admit(
    tenantId: string,
    claims: OpenIdClaims,
    { given, first }: { readonly given?: string; readonly first?: string },
  ): Promise<Member | undefined> {
    return withDatabase(() =>
      this.database.everything.transaction().execute(async (db) => {
        const userId = await personOf(db, claims, first !== undefined);
        if (userId === undefined) return undefined;
        if (first !== undefined) {
          await db
            .insertInto('membership')
            .values({ tenant_id: tenantId, user_id: userId, role: first, accepted_at: now })
            .onConflict((conflict) => conflict.doNothing())
            .execute();
        }
        const member = await db
          .updateTable('membership')
          .set({ accepted_at: sql<Date>`coalesce(accepted_at, now())`, ...(given !== undefined && { role: given }) })
          .where('tenant_id', '=', tenantId)
          .where('user_id', '=', userId)
          .where('disabled_at', 'is', null)
          .returning('user_id')
          .executeTakeFirst();
        if (!member) return undefined;
        await db
          .insertInto('identity')
          .values({ issuer: claims.issuer, subject: claims.subject, user_id: userId })
          .onConflict((conflict) => conflict.doNothing())
          .execute();
        return { tenantId, userId };
      }),
    );
  }
}

async function personOf(
  db: Kysely<Database>,
  { issuer, subject, verifiedEmail, name }: OpenIdClaims,
  mayBeNew: boolean,
): Promise<string | undefined> {
  const known = await db
    .selectFrom('identity')
    .select('user_id')
    .where('issuer', '=', issuer)
    .where('subject', '=', subject)
    .executeTakeFirst();
  if (known || verifiedEmail === undefined) return known?.user_id;
  const byEmail = await db.selectFrom('person').select('id').where('email', '=', verifiedEmail).executeTakeFirst();
  if (byEmail || !mayBeNew) return byEmail?.id;
  const made = await db
    .insertInto('person')
    .values({ email: verifiedEmail, name })
    .onConflict((conflict) => conflict.column('email').doUpdateSet({ email: verifiedEmail }))
    .returning('id')
    .executeTakeFirstOrThrow();
  return made.id;
}
