export const credentialTypes = [
  'basic',
  'bearer',
  'cookie',
  'header',
  'oauth2_client_credentials',
  'oauth2_refresh_token',
  'query',
] as const;
export type CredentialType = (typeof credentialTypes)[number];

/** A credential as it is kept: what is secret of it sealed for its toolset, type, hosts and token endpoint together. */
export interface SealedCredential {
  readonly toolset: string;
  readonly type: CredentialType;
  /** Sorted. */
  readonly hosts: readonly string[];
  /** What of it is no secret. */
  readonly settings: Readonly<Record<string, string>>;
  readonly sealed: string;
  readonly hint: string;
  /** Another one with every save. */
  readonly revision: number;
  /** The token in use, sealed; undefined before the first. */
  readonly sealedToken: string | undefined;
  readonly updatedAt: Date;
}

/** What the vault seals a credential for: moved to another toolset, host or token endpoint, it does not open. */
export function credentialPurpose({
  toolset,
  type,
  hosts,
  settings,
}: Pick<SealedCredential, 'toolset' | 'type' | 'hosts' | 'settings'>): string {
  return JSON.stringify(['credential', toolset, type, [...hosts].sort(), settings['token_url'] ?? '']);
}

/** A token outlives no change of the credential it was fetched with. */
export function tokenPurpose(credential: SealedCredential): string {
  return `token:${credential.revision}:${credentialPurpose(credential)}`;
}

/** Where credentials are kept. Every call may throw FailureError `unavailable`. */
export interface CredentialStore {
  credential(tenantId: string, toolset: string): Promise<SealedCredential | undefined>;
  save(
    tenantId: string,
    credential: Omit<SealedCredential, 'revision' | 'sealedToken' | 'updatedAt'>,
  ): Promise<SealedCredential>;
  /** @returns whether there was one. */
  remove(tenantId: string, toolset: string): Promise<boolean>;
  /**
   * Lets one process at a time, of all replicas, fetch a token: `fetch` is given the credential as it is once its turn has come, and its answer is
   * stored. @returns what is stored then; undefined where the credential is gone.
   */
  renewToken(
    tenantId: string,
    toolset: string,
    fetch: (current: SealedCredential) => Promise<RenewedToken>,
  ): Promise<SealedCredential | undefined>;
}

/** What of a credential a renewal replaces; absent stays. */
export interface RenewedToken {
  readonly sealedToken?: string;
  /** The secrets, where the endpoint gave a new refresh token. */
  readonly sealed?: string;
}
