import { randomBytes } from 'node:crypto';
import { Secret } from '@treadle/config';
import { FailureError } from '@treadle/failure';
import { decrypt, encrypt, keyBytes } from './aes.js';
import type { DataKeyName, DataKeyStore, OwnedDataKey, WrappedDataKey } from './data-key-store.js';
import type { KeyEncryptionKey } from './key-encryption-keys.js';

interface DataKey {
  readonly version: number;
  readonly bytes: Buffer;
}

/** How far `rewrapAll` is, in data keys. */
export interface RewrapProgress {
  readonly rewrapped: number;
  /** Wrapped by a key that this process does not know: what they sealed stays closed until that key is given again. */
  readonly lost: number;
  readonly left: number;
}

const rewrapBatch = 500;

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

  /**
   * Wraps every data key by the first key-encryption key that is wrapped by another, in batches, while everybody else reads and writes:
   * what a data key opens stays as it is. What is left is found by its wrapping, so whoever begins again goes on where it was broken off, and
   * several may work side by side.
   * @throws FailureError `unavailable`; what was done stays done.
   */
  async rewrapAll(
    report: (progress: RewrapProgress) => void = () => undefined,
    signal?: AbortSignal,
  ): Promise<RewrapProgress> {
    const current = this.current();
    let progress: RewrapProgress = { rewrapped: 0, lost: 0, left: await this.store.countOthers(current.id) };
    let after: DataKeyName | undefined;
    while (!signal?.aborted) {
      const found = await this.store.findOthers(current.id, after, rewrapBatch);
      after = found.at(-1);
      if (!after) break;
      const wrapped = await Promise.all(found.map((key) => this.wrapAnew(current, key)));
      const fresh = wrapped.filter((key) => key !== undefined);
      if (fresh.length > 0) await this.store.rewrap(fresh);
      progress = {
        rewrapped: progress.rewrapped + fresh.length,
        lost: progress.lost + found.length - fresh.length,
        left: Math.max(0, progress.left - found.length),
      };
      report(progress);
    }
    return progress;
  }

  private async wrapAnew(current: KeyEncryptionKey, key: OwnedDataKey): Promise<OwnedDataKey | undefined> {
    const { tenantId, version } = key;
    const bytes = await this.unwrap(tenantId, key);
    return bytes && { tenantId, ...(await wrap(current, tenantId, version, bytes)) };
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

  /** Writes nothing: replicas that know the same keys in another order would undo each other's wrapping. */
  private async read(tenantId: string): Promise<readonly DataKey[]> {
    this.current();
    const wrapped = [...(await this.store.find(tenantId))].sort((a, b) => a.version - b.version);
    const keys: DataKey[] = [];
    for (const key of wrapped) {
      const bytes = await this.unwrap(tenantId, key);
      if (!bytes) continue;
      keys.push({ version: key.version, bytes });
    }
    if (wrapped.length > 0 && keys.length === 0) throw unreadable();
    return keys;
  }

  private async makeFirst(tenantId: string): Promise<DataKey> {
    await this.store.add(tenantId, await wrap(this.current(), tenantId, 1, randomBytes(keyBytes)));
    this.known.delete(tenantId);
    // Read back: another replica may have been first.
    const made = (await this.dataKeys(tenantId)).at(-1);
    if (!made) throw unreadable();
    return made;
  }

  private async unwrap(tenantId: string, { version, wrappedBy, bytes }: WrappedDataKey): Promise<Buffer | undefined> {
    const wrapper = this.keyEncryptionKeys.find(({ id }) => id === wrappedBy);
    return wrapper?.unwrap(bytes, wrapData(tenantId, version));
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

async function wrap(
  key: KeyEncryptionKey,
  tenantId: string,
  version: number,
  dataKey: Buffer,
): Promise<WrappedDataKey> {
  return { version, wrappedBy: key.id, bytes: await key.wrap(dataKey, wrapData(tenantId, version)) };
}

const wrapData = (tenantId: string, version: number) => `data-key\0${tenantId}\0${version}`;
const additionalData = (tenantId: string, purpose: string) => `sealed\0${tenantId}\0${purpose}`;

function unreadable(): FailureError {
  return FailureError.of(
    'internal',
    'A stored secret cannot be decrypted. The key-encryption key is not the one it was stored under, or the row was changed. Save the secret again.',
  );
}
