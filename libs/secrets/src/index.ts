export { type DataKeyStore, MemoryDataKeyStore, type WrappedDataKey } from './data-key-store.js';
export { type KeyEncryptionKey, parseKeyEncryptionKeys, readOrMakeKeyFile } from './key-encryption-keys.js';
export { KyselyDataKeyStore } from './kysely-data-key.store.js';
export { Vault } from './vault.js';
