import { AddressGuard } from './address-guard.js';
import { GuardedHttp, type GuardedHttpOptions } from './guarded-http.js';
import { PerTenant } from './per-tenant.js';

/** The way out for each tenant, with connections of its own where it has entries of its own: a connection once made is not checked again. */
export class TenantHttp {
  readonly #http: PerTenant<GuardedHttp>;

  /** @throws FailureError `invalid_argument` for an entry that is no address, network or host name. */
  constructor(allow: readonly string[], options: GuardedHttpOptions = {}) {
    this.#http = new PerTenant(allow, (entries) => new GuardedHttp(new AddressGuard(entries), options));
  }

  of(tenantId: string): GuardedHttp {
    return this.#http.of(tenantId);
  }

  async close(): Promise<void> {
    await Promise.all(this.#http.all().map((http) => http.close()));
  }
}
