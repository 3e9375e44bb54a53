import { createHash } from 'node:crypto';
import { FailureError } from '@treadle/failure';
import { type FileStore, readFile, runFileKey } from '@treadle/files';
import { type Files, type FileValue, localFile, type NewFile } from '@treadle/nodes';

/** Whose files they are. */
export interface FileOwner {
  readonly tenantId: string;
  /** The run that new files belong to. */
  readonly runId: string;
  /** The same on every attempt: what is written again takes its own place. */
  readonly effectKey: string;
}

/** Reads files of one tenant from the file store: uploaded ones, and those that runs made. New ones belong to the run and go when it goes. */
export class StoredFiles implements Files {
  private written = 0;

  constructor(
    private readonly store: FileStore,
    private readonly owner: FileOwner,
  ) {}

  async read({ name, related_id: id, transfer_method: method }: FileValue, maxBytes: number): Promise<Uint8Array> {
    if (method !== 'local_file' || id === null) {
      throw FailureError.of(
        'node_configuration',
        `"${name}" is kept elsewhere. Upload it, or fetch it with an http-request node.`,
      );
    }
    const key = this.keyOf(id);
    const { bytes = 0 } = (await this.store.head(key)) ?? {};
    if (bytes > maxBytes) {
      throw FailureError.of('payload_too_large', `"${name}" has ${bytes} bytes; at most ${maxBytes} are allowed here.`);
    }
    const content = await readFile(this.store, key);
    if (content) return content;
    throw FailureError.of('file_not_found', `The file "${name}" is no longer there. Upload it again and start anew.`);
  }

  async write(file: NewFile): Promise<FileValue> {
    this.written += 1;
    return this.add(String(this.written), file);
  }

  /** @param origin names the file among those of the task. */
  async add(origin: string, { name, mediaType, bytes }: NewFile): Promise<FileValue> {
    const { tenantId, runId, effectKey } = this.owner;
    const id = createHash('sha256').update(`${effectKey}/${origin}`).digest('hex').slice(0, 32);
    await this.store.put(runFileKey({ tenantId, runId }, id), bytes);
    const url = `/api/v1/runs/${runId}/files/${id}`;
    return localFile({ id: `${runId}/${id}`, name, mediaType, bytes: bytes.byteLength, url });
  }

  /** Files of runs are known by the run and their id in it. */
  private keyOf(id: string): string {
    const { tenantId } = this.owner;
    const [runId = '', file] = id.split('/', 2);
    return file === undefined ? `${tenantId}/files/${id}` : runFileKey({ tenantId, runId }, file);
  }
}
