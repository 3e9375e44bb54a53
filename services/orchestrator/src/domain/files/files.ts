import type { File } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import type { FileStore } from '@treadle/files';

/** Keeps what is known of uploaded files. Every question is bound to a tenant; another tenant's file does not exist. */
export interface FileRepository {
  /** Changes nothing when the file is known already. */
  add(tenantId: string, file: File): Promise<void>;
  /** Those of them that exist, in any order; of a given end user those that are theirs or nobody's. */
  find(tenantId: string, ids: readonly string[], user?: string): Promise<File[]>;
  remove(tenantId: string, id: string): Promise<void>;
}

/** Uploaded files: known here, kept in the file store. */
export class Files {
  constructor(
    private readonly repository: FileRepository,
    private readonly store: FileStore,
    private readonly now: () => number,
  ) {}

  /** Makes a file known whose content is in the store; registering it again changes nothing. */
  async register(tenantId: string, file: File | undefined): Promise<File> {
    if (!file || !isFileId(file.id))
      throw FailureError.of('invalid_argument', 'A file needs the id it is stored under.');
    await this.repository.add(tenantId, { ...file, createdUnixMs: this.now() });
    return this.get(tenantId, file.id);
  }

  /** @param user whose it has to be; empty takes everybody's. @throws FailureError `file_not_found`. */
  async get(tenantId: string, id: string, user = ''): Promise<File> {
    const [file] = await this.find(tenantId, [id]);
    if (file && (user === '' || file.user === user)) return file;
    throw FailureError.of('file_not_found', `There is no file ${id.slice(0, 100)}. Upload it again.`, {
      field: 'file_id',
    });
  }

  async find(tenantId: string, ids: readonly string[], user?: string): Promise<File[]> {
    const possible = [...new Set(ids)].filter(isFileId);
    return possible.length === 0 ? [] : this.repository.find(tenantId, possible, user);
  }

  /** First it is known no more, then it is gone: whoever reads it in between still finds it. */
  async delete(tenantId: string, id: string): Promise<void> {
    await this.get(tenantId, id);
    await this.repository.remove(tenantId, id);
    await this.store.delete(`${tenantId}/files/${id}`);
  }
}

function isFileId(id: string): boolean {
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id);
}
