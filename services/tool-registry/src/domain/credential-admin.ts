import { FailureError, toFailure } from '@treadle/failure';
import type { TenantHttp } from '@treadle/guarded-http';
import type { Vault } from '@treadle/secrets';
import { readCredentialValues, readHosts } from './credential-values.js';
import { invalid, noToolset } from './names.js';
import type { CredentialOpener } from './open-credential.js';
import { type CredentialStore, credentialPurpose, type SealedCredential } from './sealed-credential.js';
import type { ToolsetStore } from './toolset.js';

export interface CredentialTest {
  readonly accepted: boolean;
  /** Of the answer; 0 without one. */
  readonly status: number;
  readonly message: string;
}

export interface CredentialAdminParts {
  readonly toolsets: ToolsetStore;
  readonly store: CredentialStore;
  readonly vault: Vault;
  readonly opener: CredentialOpener;
  readonly http: TenantHttp;
}

const testTimeoutMs = 20_000;
const testMaxBytes = 1024 * 1024;

/** Saves and tries credentials. Their secrets come in and never go out. Throws FailureError `invalid_argument` with the field at fault. */
export class CredentialAdmin {
  constructor(private readonly parts: CredentialAdminParts) {}

  /** Without hosts it is for those of the version that serves. */
  async save(
    tenantId: string,
    toolset: string,
    type: string,
    hosts: readonly string[],
    values: unknown,
  ): Promise<SealedCredential> {
    const { secrets, hint, ...plain } = readCredentialValues(type, values);
    const known = await this.parts.toolsets.toolset(tenantId, toolset);
    if (!known) throw noToolset(toolset);
    const own = hosts.length > 0 ? hosts : await this.hostsOf(tenantId, toolset, known.servingVersion);
    const credential = { toolset, type: plain.type, settings: plain.settings, hosts: readHosts(own) };
    const sealed = await this.parts.vault.seal(tenantId, credentialPurpose(credential), JSON.stringify(secrets));
    return this.parts.store.save(tenantId, { ...credential, sealed, hint });
  }

  async remove(tenantId: string, toolset: string): Promise<void> {
    if (!(await this.parts.store.remove(tenantId, toolset))) throw noCredential(toolset);
  }

  /** One GET request with the credential. What speaks against it is an answer, not a failure. */
  async test(tenantId: string, toolset: string, url: string): Promise<CredentialTest> {
    const sealed = await this.parts.store.credential(tenantId, toolset);
    if (!sealed) throw noCredential(toolset);
    const address = url === '' ? `https://${sealed.hosts[0] ?? ''}/` : url;
    if (!/^https?:$/.test(URL.parse(address)?.protocol ?? ''))
      throw invalid('url', 'The address to test with begins with http:// or https://.');
    try {
      return await this.send(tenantId, sealed, address);
    } catch (error) {
      const { code, message } = toFailure(error);
      if (code === 'internal' || code === 'unavailable') throw error;
      return { accepted: false, status: 0, message };
    }
  }

  private async send(tenantId: string, sealed: SealedCredential, url: string): Promise<CredentialTest> {
    const request = await this.parts.opener.open(tenantId, sealed).attach({ url, headers: [] });
    const seconds = testTimeoutMs / 1000;
    const limits = { connectTimeoutSeconds: seconds, readTimeoutSeconds: seconds, maxBytes: testMaxBytes };
    const http = this.parts.http.of(tenantId).forSignal(AbortSignal.timeout(testTimeoutMs));
    const answer = await http.open({ method: 'GET', ...request, ...limits, maxRedirects: 0 });
    answer.cancel();
    const accepted = answer.status !== 401 && answer.status !== 403;
    const { host } = new URL(url);
    const message = accepted
      ? `${host} answered ${answer.status}: it did not refuse the credential.`
      : `${host} answered ${answer.status}: it does not accept the credential. Save it again, or try an address it is good for.`;
    return { accepted, status: answer.status, message };
  }

  private async hostsOf(tenantId: string, toolset: string, version: number): Promise<readonly string[]> {
    const versions = await this.parts.toolsets.versions(tenantId, toolset);
    return versions.find((one) => one.version === version)?.hosts ?? [];
  }
}

function noCredential(toolset: string): FailureError {
  return FailureError.of('not_found', `The toolset "${toolset.slice(0, 100)}" has no credential. Save one first.`, {
    field: 'toolset',
  });
}
