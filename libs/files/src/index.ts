export { type FileContent, type FileStore, readFile } from './file-store.js';
export { MemoryFileStore } from './memory-file-store.js';
export { filesUrl, openFileStore } from './open-file-store.js';
export { RunValues, runFileKey, type ValueOwner } from './run-values.js';
