import type { Secret } from '@treadle/config';

/** A provider as an administrator saved it, its key in the clear. */
export interface StoredProvider {
  /** How routes and workflows name it; unique for a tenant. */
  readonly name: string;
  /** Which of the proxy's adapters speaks to it, such as `openai` or `anthropic`. */
  readonly kind: string;
  /** Empty for the vendor's own address. */
  readonly baseUrl: string;
  /** Undefined for servers that want none. */
  readonly apiKey: Secret | undefined;
  /** Settings of the adapter, such as an API version. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Whether it promises to bill requests under one `Idempotency-Key` once. */
  readonly mergesRepeats: boolean;
  /** Changes with every save, key included. */
  readonly revision: number;
}

export interface StoredTarget {
  readonly provider: string;
  readonly model: string;
  /** Share of the calls among targets of the same order, at least 0; 0 is asked only when others fail. */
  readonly weight: number;
  /** Targets of a higher order are asked when those of all lower ones failed. */
  readonly order: number;
}

export interface StoredRoute {
  readonly name: string;
  readonly targets: readonly StoredTarget[];
  /** Tiering, caching, retries: read by whoever routes. */
  readonly rules: Readonly<Record<string, unknown>>;
  readonly revision: number;
}

/** What one tenant has set up. The object stays the same until something in it changes, so it can be the key of a `WeakMap`. */
export interface ModelSetup {
  readonly providers: readonly StoredProvider[];
  readonly routes: readonly StoredRoute[];
}

/** The saved providers and routes. Answers from memory; changes made by any replica arrive within two seconds. */
export interface ProviderStore {
  /** Waits only for a tenant that was never read. @throws FailureError `unavailable` when the tenant was never read and the database is away. */
  setup(tenantId: string): ModelSetup | Promise<ModelSetup>;
  /** Calls the listener with a tenant's new setup, for closing what it made of the old. @returns how to stop listening. */
  onChange(listener: (tenantId: string, now: ModelSetup) => void): () => void;
}
