/** A tenant's data key as it is stored: useless without the key-encryption key of that name. */
export interface WrappedDataKey {
  /** Unique for the tenant; rises with every new key. */
  readonly version: number;
  /** Which key-encryption key wrapped it. */
  readonly wrappedBy: string;
  readonly bytes: Buffer;
}

export interface DataKeyName {
  readonly tenantId: string;
  readonly version: number;
}

export type OwnedDataKey = DataKeyName & WrappedDataKey;

/** Where wrapped data keys are kept. Calls may throw FailureError `unavailable`. */
export interface DataKeyStore {
  /** All of a tenant's keys, in any order. */
  find(tenantId: string): Promise<readonly WrappedDataKey[]>;
  /** Adds a key unless one of that version is there; whoever came first wins. */
  add(tenantId: string, key: WrappedDataKey): Promise<void>;
  /** Replaces the wrappings of keys that are there. */
  rewrap(keys: readonly OwnedDataKey[]): Promise<void>;
  /** How many are wrapped by another key-encryption key than this. */
  countOthers(wrappedBy: string): Promise<number>;
  /** Those, by tenant and version, after a name. */
  findOthers(wrappedBy: string, after: DataKeyName | undefined, limit: number): Promise<readonly OwnedDataKey[]>;
}

/** Keeps keys in memory, for specs and for processes that store nothing. */
export class MemoryDataKeyStore implements DataKeyStore {
  private readonly keys = new Map<string, OwnedDataKey>();

  async find(tenantId: string): Promise<readonly WrappedDataKey[]> {
    return [...this.keys.values()].filter((key) => key.tenantId === tenantId);
  }

  async add(tenantId: string, key: WrappedDataKey): Promise<void> {
    const name = nameOf({ tenantId, ...key });
    if (!this.keys.has(name)) this.keys.set(name, { tenantId, ...key });
  }

  async rewrap(keys: readonly OwnedDataKey[]): Promise<void> {
    for (const key of keys) this.keys.set(nameOf(key), key);
  }

  async countOthers(wrappedBy: string): Promise<number> {
    return this.others(wrappedBy).length;
  }

  async findOthers(wrappedBy: string, after: DataKeyName | undefined, limit: number): Promise<readonly OwnedDataKey[]> {
    const beyond = after === undefined ? '' : nameOf(after);
    return this.others(wrappedBy)
      .filter((key) => nameOf(key) > beyond)
      .slice(0, limit);
  }

  private others(wrappedBy: string): OwnedDataKey[] {
    return [...this.keys]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, key]) => key)
      .filter((key) => key.wrappedBy !== wrappedBy);
  }
}

function nameOf({ tenantId, version }: DataKeyName): string {
  return `${tenantId}\0${String(version).padStart(10, '0')}`;
}
