export {
  type DataKeyName,
  type DataKeyStore,
  MemoryDataKeyStore,
  type OwnedDataKey,
  type WrappedDataKey,
} from './data-key-store.js';
export { type KeyEncryptionKey, parseKeyEncryptionKeys, readOrMakeKeyFile } from './key-encryption-keys.js';
export { KyselyDataKeyStore } from './kysely-data-key.store.js';
export { type RewrapProgress, Vault } from './vault.js';
