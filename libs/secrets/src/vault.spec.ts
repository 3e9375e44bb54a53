import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { MemoryDataKeyStore } from './data-key-store.js';
import { parseKeyEncryptionKeys } from './key-encryption-keys.js';
import { Vault } from './vault.js';

const newKey = () => randomBytes(32).toString('base64');
const vaultWith = (text: string, store = new MemoryDataKeyStore()) => new Vault(parseKeyEncryptionKeys(text), store);

describe('Vault', () => {
  it('opens what it sealed, and shows it to nobody who does not ask', async () => {
    const vault = vaultWith(newKey());
    const sealed = await vault.seal('acme', 'provider:openai', 'sk-secret');
    const secret = await vault.open('acme', 'provider:openai', sealed);
    expect(secret.reveal()).toBe('sk-secret');
    expect(`${String(secret)} ${inspect(secret)} ${JSON.stringify(secret)} ${sealed}`).not.toContain('sk-secret');
  });

  it('seals the same text differently each time', async () => {
    const vault = vaultWith(newKey());
    expect(await vault.seal('acme', 'p', 'same')).not.toBe(await vault.seal('acme', 'p', 'same'));
  });

  it.each([
    ['another tenant', 'evil', 'provider:openai:a.example'],
    ['another host', 'acme', 'provider:openai:b.example'],
  ])('does not open for %s', async (_, tenant, purpose) => {
    const vault = vaultWith(newKey());
    const sealed = await vault.seal('acme', 'provider:openai:a.example', 'sk-secret');
    await vault.seal('evil', 'x', 'y');
    await expect(vault.open(tenant, purpose, sealed)).rejects.toMatchObject({ failure: { code: 'internal' } });
  });

  it.each(['', 'nonsense', 'v1.1.AAAA', 'v1.9.AAAA', 'v2.1.AAAA'])('refuses %j as a sealed text', async (text) => {
    const vault = vaultWith(newKey());
    await vault.seal('acme', 'p', 'x');
    await expect(vault.open('acme', 'p', text)).rejects.toMatchObject({ failure: { code: 'internal' } });
  });

  it('opens under a new key-encryption key while the old one stands behind it, and without the old one afterwards', async () => {
    const store = new MemoryDataKeyStore();
    const [first, second] = [newKey(), newKey()];
    const sealed = await vaultWith(first, store).seal('acme', 'p', 'kept');
    const both = vaultWith(`${second}, ${first}`, store);
    expect((await both.open('acme', 'p', sealed)).reveal()).toBe('kept');
    expect(await both.rewrapAll()).toEqual({ rewrapped: 1, lost: 0, left: 0 });
    expect((await vaultWith(second, store).open('acme', 'p', sealed)).reveal()).toBe('kept');
    await expect(vaultWith(first, store).open('acme', 'p', sealed)).rejects.toMatchObject({
      failure: { code: 'internal' },
    });
  });

  it('agrees with replicas that seal a tenant’s first secret at the same time', async () => {
    const store = new MemoryDataKeyStore();
    const key = newKey();
    const replicas = Array.from({ length: 5 }, () => vaultWith(key, store));
    const sealed = await Promise.all(replicas.map((vault) => vault.seal('acme', 'p', 'x')));
    for (const text of sealed) expect((await replicas[0]!.open('acme', 'p', text)).reveal()).toBe('x');
  });

  it('says what to set where there is no key-encryption key', async () => {
    await expect(new Vault([], new MemoryDataKeyStore()).seal('acme', 'p', 'x')).rejects.toMatchObject({
      failure: {
        code: 'unavailable',
        retryable: false,
        message: expect.stringContaining('TREADLE_KEY_ENCRYPTION_KEY'),
      },
    });
  });
});
