import { AddressGuard } from './address-guard.js';
import { GuardedHttp, type GuardedHttpOptions } from './guarded-http.js';

/**
 * The way out for each tenant. What may be reached inside is written in a list: `10.0.0.0/8` for everybody, `acme=wiki.internal` for one
 * tenant. A tenant with entries of its own has connections of its own, since a connection once made is not checked again.
 */
export class TenantHttp {
  readonly #everybody: GuardedHttp;
  readonly #own = new Map<string, GuardedHttp>();

  /** @throws FailureError `invalid_argument` for an entry that is no address, network or host name. */
  constructor(allow: readonly string[], options: GuardedHttpOptions = {}) {
    const entries = allow.map((entry) => /^(?:([^=]+)=)?(.*)$/.exec(entry)?.slice(1) ?? []);
    const common = entries.flatMap(([tenant, address = '']) => (tenant === undefined ? [address] : []));
    this.#everybody = new GuardedHttp(new AddressGuard(common), options);
    for (const tenant of new Set(entries.flatMap(([name]) => name ?? []))) {
      const own = entries.flatMap(([name, address = '']) => (name === tenant ? [address] : []));
      this.#own.set(tenant, new GuardedHttp(new AddressGuard([...common, ...own]), options));
    }
  }

  of(tenantId: string): GuardedHttp {
    return this.#own.get(tenantId) ?? this.#everybody;
  }

  async close(): Promise<void> {
    await Promise.all([this.#everybody, ...this.#own.values()].map((http) => http.close()));
  }
}
