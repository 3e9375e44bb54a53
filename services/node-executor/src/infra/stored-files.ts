import { FailureError } from '@treadle/failure';
import { type FileStore, readFile } from '@treadle/files';
import type { Files, FileValue } from '@treadle/nodes';

/** Reads the uploaded files of one tenant from the file store. */
export class StoredFiles implements Files {
  constructor(
    private readonly store: FileStore,
    private readonly tenantId: string,
  ) {}

  async read({ name, related_id: id, transfer_method: method }: FileValue, maxBytes: number): Promise<Uint8Array> {
    if (method !== 'local_file' || id === null) {
      throw FailureError.of(
        'node_configuration',
        `"${name}" is kept elsewhere. Upload it, or fetch it with an http-request node.`,
      );
    }
    const key = `${this.tenantId}/files/${id}`;
    const { bytes = 0 } = (await this.store.head(key)) ?? {};
    if (bytes > maxBytes) {
      throw FailureError.of('payload_too_large', `"${name}" has ${bytes} bytes; at most ${maxBytes} are allowed here.`);
    }
    const content = await readFile(this.store, key);
    if (content) return content;
    throw FailureError.of('file_not_found', `The file "${name}" is no longer there. Upload it again and start anew.`);
  }
}
