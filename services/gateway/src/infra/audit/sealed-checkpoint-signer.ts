import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { type Checkpoint, type CheckpointKey, signCheckpoint } from '@treadle/audit';
import { toFailure } from '@treadle/failure';
import { withDatabase } from '@treadle/persistence';
import type { Vault } from '@treadle/secrets';
import { sql } from 'kysely';
import type { CheckpointSigner } from '../../domain/audit/checkpoints.js';
import type { TenantDatabase } from '../tenant-database.js';

interface LoadedKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
}

/** Whose secret the key is: that of no organisation. */
const installation = '_installation';
const lock = 7_203_114_003;
const purpose = (kid: string) => `audit-key:${kid}`;

/**
 * Keys that sign checkpoints, sealed by the vault and kept for ever. What is published follows from what was unsealed: a key that somebody
 * put into the database, who cannot seal, is none.
 */
export class SealedCheckpointSigner implements CheckpointSigner {
  private loaded: Promise<readonly LoadedKey[]> | undefined;

  constructor(
    private readonly database: TenantDatabase,
    private readonly vault: Vault,
  ) {}

  async sign(checkpoint: Checkpoint): Promise<string> {
    const { kid, privateKey } = (await this.all()).at(-1) ?? (await this.make());
    return signCheckpoint(checkpoint, kid, privateKey);
  }

  async keys(): Promise<readonly CheckpointKey[]> {
    const keys = await this.all();
    return keys.map(({ kid, privateKey }) => ({ ...createPublicKey(privateKey).export({ format: 'jwk' }), kid }));
  }

  private all(): Promise<readonly LoadedKey[]> {
    const loading = (this.loaded ??= this.load());
    // None yet: another replica may make the first one at any time.
    loading.then(
      (keys) => keys.length === 0 && (this.loaded = undefined),
      () => (this.loaded = undefined),
    );
    return loading;
  }

  private async load(): Promise<readonly LoadedKey[]> {
    const { everything } = this.database;
    const { rows } = await withDatabase(() =>
      sql<{ kid: string; sealed: string }>`select kid, sealed from audit_key order by created_at, kid`.execute(
        everything,
      ),
    );
    const opened = await Promise.all(rows.map((row) => this.open(row)));
    return opened.filter((key) => key !== undefined);
  }

  private async open({ kid, sealed }: { kid: string; sealed: string }): Promise<LoadedKey | undefined> {
    try {
      const text = (await this.vault.open(installation, purpose(kid), sealed)).reveal();
      return { kid, privateKey: createPrivateKey(text) };
    } catch (error) {
      if (toFailure(error).code !== 'internal') throw error;
      return undefined;
    }
  }

  private async make(): Promise<LoadedKey> {
    const kid = randomUUID();
    const { privateKey } = generateKeyPairSync('ed25519');
    const text = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    const sealed = await this.vault.seal(installation, purpose(kid), text);
    await withDatabase(() =>
      this.database.everything.transaction().execute(async (db) => {
        await sql`select pg_advisory_xact_lock(${lock})`.execute(db);
        await sql`
          insert into audit_key (kid, sealed) select ${kid}, ${sealed} where not exists (select from audit_key)`.execute(
          db,
        );
      }),
    );
    this.loaded = undefined;
    // Another replica may have been faster. Where there are keys and none opens, this one is of no use to anybody later.
    return (await this.all()).at(-1) ?? { kid, privateKey };
  }
}
