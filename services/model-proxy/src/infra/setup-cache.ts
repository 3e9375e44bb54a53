import { FailureError, toFailure } from '@treadle/failure';
import type { Vault } from '@treadle/secrets';
import {
  findOverride,
  type Price,
  type PricedModel,
  type PriceOverride,
  type PriceTable,
  tokenPrice,
} from '../domain/price.js';
import type { ModelSetup, ProviderStore, StoredProvider } from '../domain/provider-store.js';
import { keyPurpose, type SealedProvider } from '../domain/setup.js';
import type { DefaultPrices } from './default-prices.js';
import type { KyselySetupRepository } from './kysely-setup.repository.js';

interface Entry {
  readonly revision: number;
  readonly setup: ModelSetup;
  readonly overrides: readonly PriceOverride[];
  readonly hasBudgets: boolean;
}

export interface SetupCacheOptions {
  readonly repository: KyselySetupRepository;
  readonly vault: Vault;
  readonly defaults: DefaultPrices;
  readonly log: { warn(facts: object, message: string): void };
}

/** What tenants have set up, in memory, keys opened. `refresh`, called every second, takes over what other replicas changed. */
export class SetupCache implements ProviderStore, PriceTable {
  private readonly entries = new Map<string, Entry>();
  private readonly reading = new Map<string, Promise<Entry>>();
  private prepared = false;
  private readonly listeners = new Set<(tenantId: string, now: ModelSetup) => void>();

  constructor(private readonly options: SetupCacheOptions) {}

  /** The tables are there: from now on they are read. */
  open(): void {
    this.prepared = true;
  }

  setup(tenantId: string): ModelSetup | Promise<ModelSetup> {
    const entry = this.entry(tenantId);
    return entry instanceof Promise ? entry.then(({ setup }) => setup) : entry.setup;
  }

  hasBudgets(tenantId: string): boolean | Promise<boolean> {
    const entry = this.entry(tenantId);
    return entry instanceof Promise ? entry.then(({ hasBudgets }) => hasBudgets) : entry.hasBudgets;
  }

  /** Overrides count once the tenant has been read, which `hasBudgets` and `setup` do. */
  find(model: PricedModel): Price | undefined {
    const overrides = this.entries.get(model.tenantId)?.overrides ?? [];
    const override = findOverride(overrides, model, Date.now());
    if (!override?.prices) return this.options.defaults.find(model);
    return tokenPrice(
      `override ${override.version} of ${override.provider || 'any'}/${override.model}`,
      override.prices,
    );
  }

  onChange(listener: (tenantId: string, now: ModelSetup) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Reads again whatever changed. Throws FailureError `unavailable`. */
  async refresh(): Promise<void> {
    if (this.entries.size === 0) return;
    const revisions = await this.options.repository.revisions();
    for (const [tenantId, { revision }] of this.entries)
      if ((revisions.get(tenantId) ?? 0) !== revision) await this.renew(tenantId);
  }

  /** Reads one tenant again, after a change made here. */
  async renew(tenantId: string): Promise<void> {
    const entry = await this.read(tenantId);
    this.entries.set(tenantId, entry);
    for (const listener of this.listeners) listener(tenantId, entry.setup);
  }

  private entry(tenantId: string): Entry | Promise<Entry> {
    const known = this.entries.get(tenantId) ?? this.reading.get(tenantId);
    if (known) return known;
    const reading = this.read(tenantId)
      .then((entry) => {
        this.entries.set(tenantId, entry);
        return entry;
      })
      .finally(() => this.reading.delete(tenantId));
    this.reading.set(tenantId, reading);
    return reading;
  }

  /** The revision is read first: a change in between is then read once more, and never missed. */
  private async read(tenantId: string): Promise<Entry> {
    if (!this.prepared)
      throw FailureError.of('unavailable', 'The model proxy is still starting.', { retryAfterSeconds: 1 });
    const revision = (await this.options.repository.revisions()).get(tenantId) ?? 0;
    const { providers, routes, overrides, hasBudgets } = await this.options.repository.read(tenantId);
    const opened = await Promise.all(providers.map((provider) => this.unseal(tenantId, provider)));
    return { revision, setup: { providers: opened, routes }, overrides, hasBudgets };
  }

  /** A key that does not open leaves its provider without one, so that the provider's calls fail and no others. */
  private async unseal(tenantId: string, provider: SealedProvider): Promise<StoredProvider> {
    const { sealedKey, name, kind, baseUrl, options, mergesRepeats, revision } = provider;
    const plain = { name, kind, baseUrl, options, mergesRepeats, revision, apiKey: undefined };
    if (sealedKey === undefined) return plain;
    try {
      return { ...plain, apiKey: await this.options.vault.open(tenantId, keyPurpose(provider), sealedKey) };
    } catch (error) {
      if (error instanceof FailureError && error.failure.code === 'unavailable' && error.failure.retryable) throw error;
      this.options.log.warn(
        { tenantId, provider: name, reason: toFailure(error).message },
        'a stored key cannot be used',
      );
      return plain;
    }
  }
}
