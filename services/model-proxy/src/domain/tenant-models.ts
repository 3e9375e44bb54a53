import { toFailure } from '@treadle/failure';
import type { Provider } from './provider.js';
import type { ModelSetup, ProviderStore, StoredProvider, StoredRoute } from './provider-store.js';
import { Registry } from './registry.js';

/** What one tenant's calls can be served by. */
export interface TenantModels {
  readonly registry: Registry;
  readonly routes: ReadonlyMap<string, StoredRoute>;
}

export interface CatalogOptions {
  readonly store: ProviderStore;
  /** Those of the environment, which serve every tenant, after the tenant's own. */
  readonly shared: readonly Provider[];
  readonly make: (tenantId: string, stored: StoredProvider) => Provider;
  /** A provider that nobody will ask again. */
  readonly gone: (provider: Provider) => void;
  readonly warn: (facts: object, message: string) => void;
}

interface Made {
  readonly revision: number;
  readonly provider: Provider;
}

/** Providers and routes by tenant, always as they were saved last. A provider that did not change keeps its connections. */
export class Catalog {
  private readonly built = new WeakMap<ModelSetup, TenantModels>();
  private readonly made = new Map<string, Map<string, Made>>();
  private readonly stopListening: () => void;

  constructor(private readonly options: CatalogOptions) {
    this.stopListening = options.store.onChange((tenantId, now) => this.build(tenantId, now));
  }

  /** Throws `FailureError` `unavailable` when the tenant's setup cannot be read. */
  of(tenantId: string): TenantModels | Promise<TenantModels> {
    const setup = this.options.store.setup(tenantId);
    return setup instanceof Promise ? setup.then((read) => this.build(tenantId, read)) : this.build(tenantId, setup);
  }

  /** Ends every connection. */
  async close(): Promise<void> {
    this.stopListening();
    const own = [...this.made.values()].flatMap((made) => [...made.values()].map(({ provider }) => provider));
    await Promise.all([...own, ...this.options.shared].map((provider) => provider.close('now')));
  }

  private build(tenantId: string, setup: ModelSetup): TenantModels {
    const already = this.built.get(setup);
    if (already) return already;
    const own = this.providersOf(tenantId, setup);
    const models = {
      registry: new Registry([
        ...own,
        ...this.options.shared.filter(({ name }) => !own.some((each) => each.name === name)),
      ]),
      routes: new Map(setup.routes.map((route) => [route.name, route])),
    };
    this.built.set(setup, models);
    return models;
  }

  private providersOf(tenantId: string, setup: ModelSetup): Provider[] {
    const before = this.made.get(tenantId) ?? new Map<string, Made>();
    const now = new Map<string, Made>();
    for (const stored of setup.providers) {
      const old = before.get(stored.name);
      const made = old?.revision === stored.revision ? old : this.make(tenantId, stored);
      if (made) now.set(stored.name, made);
    }
    this.made.set(tenantId, now);
    const kept = new Set([...now.values()].map(({ provider }) => provider));
    for (const { provider } of before.values()) if (!kept.has(provider)) this.retire(provider);
    return [...kept];
  }

  private make(tenantId: string, stored: StoredProvider): Made | undefined {
    try {
      return { revision: stored.revision, provider: this.options.make(tenantId, stored) };
    } catch (error) {
      const { message } = toFailure(error);
      this.options.warn({ tenantId, provider: stored.name, reason: message }, 'a saved provider cannot be used');
      return undefined;
    }
  }

  /** Calls on it go on to their end. */
  private retire(provider: Provider): void {
    this.options.gone(provider);
    provider.close('idle').catch((error: unknown) => {
      this.options.warn({ provider: provider.name, reason: String(error) }, 'a provider did not close');
    });
  }
}

const nothing: ModelSetup = { providers: [], routes: [] };

/** Nothing is saved: only the providers of the environment serve. */
export const emptyStore: ProviderStore = { setup: () => nothing, onChange: () => () => undefined };
