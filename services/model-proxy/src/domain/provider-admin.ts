import { Secret } from '@treadle/config';
import { FailureError } from '@treadle/failure';
import type { Vault } from '@treadle/secrets';
import type { Provider } from './provider.js';
import type { ProviderStore, StoredProvider } from './provider-store.js';
import { type ProviderTest, testProvider } from './provider-test.js';
import { boundTo, checkName, invalid, keyPurpose, type SealedProvider, type SetupRepository } from './setup.js';

export type NewProvider = Pick<StoredProvider, 'name' | 'kind' | 'baseUrl' | 'options' | 'mergesRepeats'>;

export interface ProviderAdminParts {
  readonly repository: SetupRepository;
  readonly store: ProviderStore;
  readonly vault: Vault;
  /** Makes the adapter of a kind. Throws `invalid_argument` with the field at fault. */
  readonly make: (tenantId: string, provider: Omit<StoredProvider, 'revision'>) => Provider;
  /** The provider of this name that the proxy's own settings make; undefined when there is none. Closed by whoever asks. */
  readonly fromEnvironment: (name: string) => Provider | undefined;
  /** Reads the tenant again after a change. */
  readonly changed: (tenantId: string) => Promise<void>;
}

/** Saves providers: each is tested by a call before, and keys leave only for the place they were given for. */
export class ProviderAdmin {
  constructor(private readonly parts: ProviderAdminParts) {}

  /** `apiKey` undefined keeps the saved key; empty removes it. Throws `invalid_argument` for whatever does not work. */
  async save(tenantId: string, given: NewProvider, apiKey: string | undefined, testModel: string) {
    checkName(given.name);
    checkAddress(given.baseUrl);
    const before = await this.parts.repository.provider(tenantId, given.name);
    const key = apiKey === undefined ? await this.savedKey(tenantId, before, given) : apiKey.trim();
    const test = await this.tryOut(tenantId, { ...given, apiKey: key ? new Secret(key) : undefined }, testModel);
    const sealedKey = key ? await this.parts.vault.seal(tenantId, keyPurpose(given), key) : undefined;
    const provider = await this.parts.repository.saveProvider(tenantId, { ...given, sealedKey, keyHint: hintOf(key) });
    await this.parts.changed(tenantId);
    return { provider, test };
  }

  async test(tenantId: string, name: string, model: string): Promise<ProviderTest> {
    const { providers } = await this.parts.store.setup(tenantId);
    const stored = providers.find((provider) => provider.name === name);
    const made = stored ? this.parts.make(tenantId, stored) : this.parts.fromEnvironment(name);
    if (!made) throw FailureError.of('not_found', `There is no provider "${name.slice(0, 100)}".`, { field: 'name' });
    return withProvider(made, (provider) => testProvider(provider, model));
  }

  async remove(tenantId: string, name: string): Promise<void> {
    const existed = await this.parts.repository.remove('provider', tenantId, name);
    if (!existed)
      throw FailureError.of('not_found', `There is no saved provider "${name.slice(0, 100)}".`, { field: 'name' });
    await this.parts.changed(tenantId);
  }

  private async savedKey(tenantId: string, before: SealedProvider | undefined, given: NewProvider): Promise<string> {
    if (before?.sealedKey === undefined) return '';
    if (boundTo(before) !== boundTo(given))
      throw invalid(
        'api_key',
        `The saved key was given for ${boundTo(before)} and is not sent to ${boundTo(given)}. Send the key again with the new address.`,
      );
    return (await this.parts.vault.open(tenantId, keyPurpose(before), before.sealedKey)).reveal();
  }

  /** What the provider says against it is the caller's to mend, so it is told as a mistake in the request. */
  private async tryOut(
    tenantId: string,
    provider: Omit<StoredProvider, 'revision'>,
    model: string,
  ): Promise<ProviderTest> {
    const made = this.parts.make(tenantId, { ...provider });
    try {
      return await withProvider(made, (adapter) => testProvider(adapter, model));
    } catch (error) {
      if (!(error instanceof FailureError) || error.failure.code === 'invalid_argument') throw error;
      const { code, message } = error.failure;
      const field =
        code === 'provider_unauthenticated'
          ? 'api_key'
          : model && code !== 'address_blocked'
            ? 'test_model'
            : 'base_url';
      throw FailureError.of('invalid_argument', `The provider was not saved, because its test failed: ${message}`, {
        field,
        details: { problems: [{ code, message }] },
      });
    }
  }
}

async function withProvider<T>(provider: Provider, use: (provider: Provider) => Promise<T>): Promise<T> {
  try {
    return await use(provider);
  } finally {
    await provider.close('now');
  }
}

function checkAddress(baseUrl: string): void {
  if (baseUrl === '') return;
  const { protocol, username, password } = URL.parse(baseUrl) ?? {};
  if (protocol !== 'http:' && protocol !== 'https:')
    throw invalid('base_url', 'The address of a provider begins with http:// or https://.');
  if (username || password) throw invalid('base_url', 'Send the key as api_key, not inside the address.');
}

/** Enough to tell two keys apart, and nothing of a short one. */
function hintOf(key: string): string {
  return key.length >= 16 ? `…${key.slice(-4)}` : key && '…';
}
