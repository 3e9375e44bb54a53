/**
 * Something made from a list of what may be reached inside: `10.0.0.0/8` is for everybody, `acme=wiki.internal` for one tenant. A tenant with
 * entries of its own has one of its own, all others share one.
 */
export class PerTenant<T> {
  readonly #everybody: T;
  readonly #own = new Map<string, T>();

  /** @param make from the entries that hold; throws what it throws */
  constructor(allow: readonly string[], make: (entries: readonly string[]) => T) {
    const entries = allow.map((entry) => /^(?:([^=]+)=)?(.*)$/.exec(entry)?.slice(1) ?? []);
    const common = entries.flatMap(([tenant, address = '']) => (tenant === undefined ? [address] : []));
    this.#everybody = make(common);
    for (const tenant of new Set(entries.flatMap(([name]) => name ?? []))) {
      const own = entries.flatMap(([name, address = '']) => (name === tenant ? [address] : []));
      this.#own.set(tenant, make([...common, ...own]));
    }
  }

  of(tenantId: string): T {
    return this.#own.get(tenantId) ?? this.#everybody;
  }

  all(): readonly T[] {
    return [this.#everybody, ...this.#own.values()];
  }
}
