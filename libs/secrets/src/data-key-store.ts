/** A tenant's data key as it is stored: useless without the key-encryption key of that name. */
export interface WrappedDataKey {
  /** Unique for the tenant; rises with every new key. */
  readonly version: number;
  /** Which key-encryption key wrapped it. */
  readonly wrappedBy: string;
  readonly bytes: Buffer;
}

/** Where wrapped data keys are kept. Calls may throw FailureError `unavailable`. */
export interface DataKeyStore {
  /** All of a tenant's keys, in any order. */
  find(tenantId: string): Promise<readonly WrappedDataKey[]>;
  /** Adds a key unless one of that version is there; whoever came first wins. */
  add(tenantId: string, key: WrappedDataKey): Promise<void>;
  /** Replaces the wrapping of a version. */
  rewrap(tenantId: string, key: WrappedDataKey): Promise<void>;
}

/** Keeps keys in memory, for specs and for processes that store nothing. */
export class MemoryDataKeyStore implements DataKeyStore {
  private readonly keys = new Map<string, WrappedDataKey>();

  async find(tenantId: string): Promise<readonly WrappedDataKey[]> {
    return [...this.keys].filter(([name]) => name.startsWith(`${tenantId}\0`)).map(([, key]) => key);
  }

  async add(tenantId: string, key: WrappedDataKey): Promise<void> {
    const name = `${tenantId}\0${key.version}`;
    if (!this.keys.has(name)) this.keys.set(name, key);
  }

  async rewrap(tenantId: string, key: WrappedDataKey): Promise<void> {
    this.keys.set(`${tenantId}\0${key.version}`, key);
  }
}
