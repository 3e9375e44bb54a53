import { randomBytes } from 'node:crypto';
import { Secret } from '@treadle/config';
import { FailureError } from '@treadle/failure';
import { decrypt, encrypt, keyBytes } from './aes.js';
import type { DataKeyStore, WrappedDataKey } from './data-key-store.js';
import type { KeyEncryptionKey } from './key-encryption-keys.js';

interface DataKey {
  readonly version: number;
  readonly bytes: Buffer;
}

/** Sealed texts look like `v1.<version of the data key>.<base64url>`. */
const sealedPattern = /^v1\.(\d{1,9})\.([\w-]+)$/;

/** Seals and opens a tenant's secrets. Unwrapped data keys stay in memory, so the store is read once for each tenant. */
export class Vault {
  private readonly known = new Map<string, Promise<readonly DataKey[]>>();

  /** Without any key-encryption key nothing can be sealed or opened. */
  constructor(
    private readonly keyEncryptionKeys: readonly KeyEncryptionKey[],
    private readonly store: DataKeyStore,
  ) {}

  /**
   * Encrypts a text. The purpose says what it is for, such as `provider:openai:api.openai.com`; opening needs the same.
   * @throws FailureError `unavailable` when the store is away, or, not retryable, when there is no key-encryption key.
   */
  async seal(tenantId: string, purpose: string, plain: string): Promise<string> {
    const keys = await this.dataKeys(tenantId);
    const newest = keys.at(-1) ?? (await this.makeFirst(tenantId));
    const bytes = encrypt(newest.bytes, Buffer.from(plain), additionalData(tenantId, purpose));
    return `v1.${newest.version}.${bytes.toString('base64url')}`;
  }

  /**
   * Decrypts what `seal` made for this tenant and purpose.
   * @throws FailureError `internal` when it does not open: it was made for something else, or the key is lost; `unavailable` as `seal`.
   */
  async open(tenantId: string, purpose: string, sealed: string): Promise<Secret> {
    const [, version, text] = sealedPattern.exec(sealed) ?? [];
    const key = await this.dataKey(tenantId, Number(version));
    const plain = key && text && decrypt(key.bytes, Buffer.from(text, 'base64url'), additionalData(tenantId, purpose));
    if (!plain) throw unreadable();
    return new Secret(plain.toString('utf8'));
  }

  /** Another replica may have made the key since this one looked. */
  private async dataKey(tenantId: string, version: number): Promise<DataKey | undefined> {
    const find = async () => (await this.dataKeys(tenantId)).find((key) => key.version === version);
    const found = await find();
    if (found) return found;
    this.known.delete(tenantId);
    return find();
  }

  private dataKeys(tenantId: string): Promise<readonly DataKey[]> {
    const known = this.known.get(tenantId);
    if (known) return known;
    const reading = this.read(tenantId);
    this.known.set(tenantId, reading);
    // What failed, or found nothing yet, is tried again by the next caller.
    reading.then(
      (keys) => keys.length > 0 || this.known.delete(tenantId),
      () => this.known.delete(tenantId),
    );
    return reading;
  }

  private async read(tenantId: string): Promise<readonly DataKey[]> {
    const current = this.current();
    const wrapped = [...(await this.store.find(tenantId))].sort((a, b) => a.version - b.version);
    const keys: DataKey[] = [];
    for (const key of wrapped) {
      const bytes = this.unwrap(tenantId, key);
      if (!bytes) continue;
      keys.push({ version: key.version, bytes });
      if (key.wrappedBy !== current.id) await this.store.rewrap(tenantId, wrap(current, tenantId, key.version, bytes));
    }
    if (wrapped.length > 0 && keys.length === 0) throw unreadable();
    return keys;
  }

  private async makeFirst(tenantId: string): Promise<DataKey> {
    await this.store.add(tenantId, wrap(this.current(), tenantId, 1, randomBytes(keyBytes)));
    this.known.delete(tenantId);
    // Read back: another replica may have been first.
    const made = (await this.dataKeys(tenantId)).at(-1);
    if (!made) throw unreadable();
    return made;
  }

  private unwrap(tenantId: string, { version, wrappedBy, bytes }: WrappedDataKey): Buffer | undefined {
    const wrapper = this.keyEncryptionKeys.find(({ id }) => id === wrappedBy);
    return wrapper && decrypt(wrapper.bytes, bytes, wrapData(tenantId, version));
  }

  private current(): KeyEncryptionKey {
    const [first] = this.keyEncryptionKeys;
    if (first) return first;
    throw FailureError.of(
      'unavailable',
      'Secrets cannot be stored here: set TREADLE_KEY_ENCRYPTION_KEY (or _FILE) to 32 random bytes in base64, the same for every replica.',
      { retryable: false },
    );
  }
}

function wrap({ id, bytes }: KeyEncryptionKey, tenantId: string, version: number, dataKey: Buffer): WrappedDataKey {
  return { version, wrappedBy: id, bytes: encrypt(bytes, dataKey, wrapData(tenantId, version)) };
}

const wrapData = (tenantId: string, version: number) => `data-key\0${tenantId}\0${version}`;
const additionalData = (tenantId: string, purpose: string) => `sealed\0${tenantId}\0${purpose}`;

function unreadable(): FailureError {
  return FailureError.of(
    'internal',
    'A stored secret cannot be decrypted. The key-encryption key is not the one it was stored under, or the row was changed. Save the secret again.',
  );
}
