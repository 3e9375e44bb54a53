import { describe } from 'vitest';
import { fileStoreContract } from './file-store.contract.js';
import { MemoryFileStore } from './memory-file-store.js';

describe('files in memory', () => {
  const store = new MemoryFileStore();
  fileStoreContract(() => store);
});
