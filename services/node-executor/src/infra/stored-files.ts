import { createHash } from 'node:crypto';
import { FailureError } from '@treadle/failure';
import { type FileStore, readFile } from '@treadle/files';
import { extensionOf, type Files, type FileValue, kindOfExtension } from '@treadle/nodes';

/** A file that a node has come by. */
export interface NewFile {
  readonly name: string;
  readonly mediaType: string;
  readonly data: Uint8Array;
}

/** Reads the uploaded files of one tenant from the file store, and adds those that nodes come by. */
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

  /** @param origin names the file: what is stored again under the same name takes its own place. */
  async add(origin: string, { name, mediaType, data }: NewFile): Promise<FileValue> {
    const id = idFrom(origin);
    await this.store.put(`${this.tenantId}/files/${id}`, data);
    const extension = extensionOf(name);
    return {
      type: kindOfExtension(extension),
      name,
      size: data.byteLength,
      mime_type: mediaType,
      extension: extension === '' ? '' : `.${extension}`,
      transfer_method: 'local_file',
      url: `/api/v1/files/${id}/content`,
      related_id: id,
    };
  }
}

/** Files are known by ids of this form, whoever made them. */
function idFrom(origin: string): string {
  const hex = createHash('sha256').update(origin).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}
