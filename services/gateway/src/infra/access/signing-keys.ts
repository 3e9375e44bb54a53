import { withDatabase } from '@treadle/persistence';
import type { Vault } from '@treadle/secrets';
import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose';
import { sql } from 'kysely';
import type { TenantDatabase } from '../tenant-database.js';

/** The only algorithm there is: a token that names another is refused before any key is looked at. */
export const algorithm = 'EdDSA';

const dayMs = 86_400_000;
/** How long a key signs. */
const signsDays = 30;
/** How long before it signs it is published, so that whoever keeps the published keys for a day has it in time. */
const aheadMs = dayMs;
/** How long after that it is still believed: longer than any token it signed. */
const keptAfterMs = 3_600_000;
/** How long keys are kept in memory; one taken away is believed so much longer. */
const refreshMs = 60_000;

/** Whose secrets the signing keys are: those of no organisation. */
const installation = '_installation';
const lock = 7_203_114_002;

interface LoadedKey {
  readonly kid: string;
  readonly publicJwk: JWK;
  readonly sealedPrivate: string;
  readonly signsFrom: Date;
  readonly signsUntil: Date;
}

/** The keys that sign access tokens: made ahead, sealed where they are kept, replaced every month, the old ones believed a while longer. */
export class SigningKeys {
  private loaded: { readonly keys: readonly LoadedKey[]; readonly atMs: number } | undefined;
  private signing: { readonly kid: string; readonly key: CryptoKey } | undefined;

  constructor(
    private readonly database: TenantDatabase,
    private readonly vault: Vault,
    private readonly now: () => number,
  ) {}

  /** What others check signatures with. */
  async published(): Promise<readonly JWK[]> {
    return (await this.keys()).map(({ publicJwk }) => publicJwk);
  }

  /** @throws FailureError `unavailable` when there is no key-encryption key. */
  async toSign(): Promise<{ readonly kid: string; readonly key: CryptoKey }> {
    const newest = (await this.keys()).at(-1);
    if (!newest || newest.signsUntil.getTime() - this.now() < aheadMs) await this.makeNext();
    const keys = await this.keys();
    // The very first may have been made by a replica whose clock is a little ahead.
    const current = keys.findLast(({ signsFrom }) => signsFrom.getTime() <= this.now()) ?? keys[0];
    if (!current) throw new Error('There is no key to sign with.');
    if (this.signing?.kid !== current.kid) {
      const secret = await this.vault.open(installation, purpose(current.kid), current.sealedPrivate);
      const key = (await importJWK(JSON.parse(secret.reveal()) as JWK, algorithm)) as CryptoKey;
      this.signing = { kid: current.kid, key };
    }
    return this.signing;
  }

  /** The public key of that name; `undefined` when there is none. Another replica may have made it a moment ago. */
  async toVerify(kid: string): Promise<CryptoKey | undefined> {
    const named = (keys: readonly LoadedKey[]) => keys.find((key) => key.kid === kid);
    let found = named(await this.keys());
    // At most once a second: names of keys that never were must not become load.
    if (!found && this.now() - (this.loaded?.atMs ?? 0) > 1000) {
      this.loaded = undefined;
      found = named(await this.keys());
    }
    return found && ((await importJWK(found.publicJwk, algorithm)) as CryptoKey);
  }

  private async keys(): Promise<readonly LoadedKey[]> {
    if (this.loaded && this.now() - this.loaded.atMs < refreshMs) return this.loaded.keys;
    const atMs = this.now();
    const rows = await withDatabase(() =>
      this.database.everything
        .selectFrom('signing_key')
        .select(['kid', 'public_jwk as publicJwk', 'sealed_private as sealedPrivate'])
        .select(['signs_from as signsFrom', 'signs_until as signsUntil'])
        .where('kept_until', '>', new Date(atMs))
        .orderBy('signs_from')
        .execute(),
    );
    this.loaded = { keys: rows, atMs };
    return this.loaded.keys;
  }

  private async makeNext(): Promise<void> {
    const pair = await generateKeyPair(algorithm, { crv: 'Ed25519', extractable: true });
    const publicPart = await exportJWK(pair.publicKey);
    const kid = await calculateJwkThumbprint(publicPart);
    const sealed = await this.vault.seal(
      installation,
      purpose(kid),
      JSON.stringify({ ...(await exportJWK(pair.privateKey)), alg: algorithm }),
    );
    const publicJwk = { ...publicPart, kid, alg: algorithm, use: 'sig' };
    await withDatabase(() =>
      this.database.everything.transaction().execute(async (db) => {
        await sql`select pg_advisory_xact_lock(${lock})`.execute(db);
        const newest = await db
          .selectFrom('signing_key')
          .select('signs_until')
          .orderBy('signs_until', 'desc')
          .executeTakeFirst();
        const nowMs = this.now();
        const fromMs = Math.max(nowMs, newest?.signs_until.getTime() ?? 0);
        // Another replica was faster.
        if (fromMs - nowMs >= aheadMs) return;
        const untilMs = fromMs + signsDays * dayMs;
        await db
          .insertInto('signing_key')
          .values({
            kid,
            public_jwk: JSON.stringify(publicJwk),
            sealed_private: sealed,
            signs_from: new Date(fromMs),
            signs_until: new Date(untilMs),
            kept_until: new Date(untilMs + keptAfterMs),
          })
          .execute();
      }),
    );
    this.loaded = undefined;
  }
}

const purpose = (kid: string) => `signing-key:${kid}`;
