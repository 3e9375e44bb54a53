import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { ApiClient } from './api-client.js';
import { usageError } from './cli-error.js';

/** A file as the API shows it. */
export interface UploadedFile {
  readonly id: string;
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  readonly type: string;
  readonly mime_type: string;
}

/** Uploads files from this machine, all of them or none, and gives them in the same order. */
export async function uploadFiles(
  api: ApiClient,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<readonly UploadedFile[]> {
  const form = new FormData();
  for (const path of paths) {
    const content = await readFile(path).catch((error: NodeJS.ErrnoException) => {
      throw usageError(`${path} cannot be read (${error.code ?? error.message}).`);
    });
    form.append('file', new Blob([content]), basename(path));
  }
  const { items } = await api.send<{ readonly items: readonly UploadedFile[] }>('/api/v1/files', {
    method: 'POST',
    form,
    signal,
  });
  return items;
}
