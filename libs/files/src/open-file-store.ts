import { fileURLToPath } from 'node:url';
import { type Secret, type Setting, secretUrl } from '@treadle/config';
import type { FileStore } from './file-store.js';
import { FolderFileStore } from './folder-file-store.js';
import { parseS3Location } from './s3-location.js';

/** The setting of every service that keeps or reads files; all of them must have the same. */
export const filesUrl: Setting<Secret> = secretUrl({
  env: 'FILES_URL',
  schemes: ['file', 's3'],
  meaning:
    'Where files and large values are kept: file:///folder, shared by all services, or s3://bucket/prefix?region=&endpoint=.',
});

/** Opens the store behind an address. The client of S3 is loaded only where it is wanted. */
export async function openFileStore(url: string): Promise<FileStore> {
  if (url.startsWith('file:')) return FolderFileStore.open(fileURLToPath(url));
  const { S3FileStore } = await import('./s3-file-store.js');
  return new S3FileStore(parseS3Location(url));
}
