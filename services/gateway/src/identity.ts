import { FailureError } from '@treadle/failure';
import { withDatabase } from '@treadle/persistence';
import { KyselyDataKeyStore, parseKeyEncryptionKeys, Vault } from '@treadle/secrets';
import { sql } from 'kysely';
import type { Pool } from 'pg';
import { Credentials, hashSecret, newSecret } from './domain/access/credentials.js';
import { firstTenant } from './domain/access/roles.js';
import type { AuditStore } from './domain/audit/audit-store.js';
import type { CheckpointSigner } from './domain/audit/checkpoints.js';
import { EndUsers } from './domain/end-users.js';
import { ApiKeys } from './domain/keys/api-keys.js';
import { ManageKeys } from './domain/keys/manage-keys.js';
import { OpenIdSignIn } from './domain/people/open-id.js';
import { Organisations } from './domain/people/organisations.js';
import { PasswordProof } from './domain/people/password-proof.js';
import { Roles } from './domain/people/role-book.js';
import { Sessions } from './domain/people/sessions.js';
import { type People, SignIn } from './domain/people/sign-in.js';
import { Users } from './domain/people/users.js';
import type { IdentitySettings } from './identity-settings.js';
import { Argon2Passwords } from './infra/access/argon2-passwords.js';
import { JoseAccessTokens } from './infra/access/jose-access-tokens.js';
import { KyselyApiKeyStore } from './infra/access/kysely-api-key.store.js';
import { KyselyOpenIdStore } from './infra/access/kysely-open-id.store.js';
import { KyselyOrganisationStore } from './infra/access/kysely-organisation.store.js';
import { KyselyPeople } from './infra/access/kysely-people.js';
import { KyselyRoleStore } from './infra/access/kysely-role.store.js';
import { KyselySessionStore } from './infra/access/kysely-session.store.js';
import { KyselySignInAttempts } from './infra/access/kysely-sign-in-attempts.js';
import { KyselyUserStore } from './infra/access/kysely-user.store.js';
import { OpenIdClientProvider } from './infra/access/openid-client-provider.js';
import { SigningKeys } from './infra/access/signing-keys.js';
import { KyselyAuditStore } from './infra/audit/kysely-audit.store.js';
import { SealedCheckpointSigner } from './infra/audit/sealed-checkpoint-signer.js';
import { KyselyEndUserStore } from './infra/kysely-end-user.store.js';
import { TenantDatabase } from './infra/tenant-database.js';

/** Everything that says who may come in. */
export class Identity {
  readonly keys: ApiKeys;
  readonly manageKeys: ManageKeys;
  readonly credentials: Credentials;
  readonly sessions: Sessions;
  readonly signIn: SignIn;
  readonly people: People;
  readonly auditStore: AuditStore;
  readonly checkpointSigner: CheckpointSigner;
  readonly users: Users;
  readonly roles: Roles;
  readonly organisations: Organisations;
  readonly endUsers: EndUsers;
  readonly signingKeys: SigningKeys;
  /** Null where no provider is set up. */
  readonly openId: OpenIdSignIn | null;
  private readonly passwords = new Argon2Passwords();
  private readonly database: TenantDatabase;

  /** @throws FailureError `invalid_argument` for a key-encryption key that is none. */
  constructor(
    pool: Pool,
    private readonly settings: IdentitySettings,
    now: () => number = Date.now,
  ) {
    const database = new TenantDatabase(pool);
    const keyEncryptionKeys = settings.keyEncryptionKey ? parseKeyEncryptionKeys(settings.keyEncryptionKey) : [];
    const proof = new PasswordProof(new KyselySignInAttempts(database), this.passwords);
    this.database = database;
    const vault = new Vault(keyEncryptionKeys, new KyselyDataKeyStore(pool));
    this.signingKeys = new SigningKeys(database, vault, now);
    this.checkpointSigner = new SealedCheckpointSigner(database, vault);
    const tokens = new JoseAccessTokens(this.signingKeys, settings.issuer, now);
    const keyStore = new KyselyApiKeyStore(database);
    this.keys = new ApiKeys(keyStore);
    this.manageKeys = new ManageKeys(keyStore, now);
    this.sessions = new Sessions(new KyselySessionStore(database), tokens, now);
    this.credentials = new Credentials(this.keys, this.sessions, now);
    this.people = new KyselyPeople(database);
    this.auditStore = new KyselyAuditStore(database, now);
    this.signIn = new SignIn(this.people, proof, this.passwords, this.sessions);
    this.roles = new Roles(new KyselyRoleStore(database));
    this.users = new Users(new KyselyUserStore(database), this.roles, this.passwords, proof, this.sessions, now);
    this.organisations = new Organisations(new KyselyOrganisationStore(database));
    this.endUsers = new EndUsers(new KyselyEndUserStore(database));
    this.openId = this.openIdSignIn(now);
  }

  /**
   * Lets the first caller in: by the given API key or a random one, and by the given owner.
   * @returns the random key, to be shown once; `undefined` when none was made.
   */
  async prepare(apiKey: string | undefined): Promise<string | undefined> {
    const made = await this.keys.prepare(apiKey);
    if (this.settings.owner) await this.addOwner(this.settings.owner);
    return made;
  }

  /** Forgets what is over. */
  async purge(): Promise<void> {
    const db = this.database.everything;
    await withDatabase(async () => {
      await sql`delete from session where expires_at < now() or ended_at < now() - interval '1 day'`.execute(db);
      await sql`delete from invitation where expires_at < now()`.execute(db);
      await sql`delete from open_id_attempt where expires_at < now()`.execute(db);
      await sql`delete from sign_in_attempt where last_at < now() - interval '1 day'`.execute(db);
      await sql`delete from signing_key where kept_until < now()`.execute(db);
    });
  }

  /** Once: somebody of that address who is there already stays as they are. */
  private async addOwner({ email, password }: { readonly email: string; readonly password: string }): Promise<void> {
    const { store } = this.users;
    const user = await store.add(firstTenant, email.toLowerCase(), '', 'owner');
    if (!user) return;
    const hash = hashSecret(newSecret('ti_'));
    await store.invite(firstTenant, user.id, hash, false, new Date(Date.now() + 60_000));
    if (!(await store.accept(hash, await this.passwords.hash(password))))
      throw FailureError.of('internal', 'The first owner could not be let in.');
  }

  private openIdSignIn(now: () => number): OpenIdSignIn | null {
    const { openId } = this.settings;
    if (!openId) return null;
    const provider = new OpenIdClientProvider(openId);
    return new OpenIdSignIn(provider, openId.rules, new KyselyOpenIdStore(this.database), this.sessions, now);
  }
}
