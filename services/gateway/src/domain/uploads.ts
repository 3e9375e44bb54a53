import { randomUUID } from 'node:crypto';
import type { File } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import type { FileStore } from '@treadle/files';
import { contentType, headBytes } from './file-content.js';
import type { StoredFiles } from './ports.js';

/** A file as it comes in. */
export interface Upload {
  /** As the caller calls it; may hold a path. */
  readonly name: string;
  readonly content: AsyncIterable<Uint8Array>;
}

export interface UploadLimits {
  /** Of one file. */
  readonly maxBytes: number;
}

/** Takes files in: first their content, then the news of them, so that nobody ever sees half a file. */
export class Uploads {
  constructor(
    private readonly files: StoredFiles,
    private readonly content: FileStore,
    private readonly limits: UploadLimits,
  ) {}

  /**
   * Stores one file and makes it known.
   * @throws FailureError `invalid_argument` for an empty one, `unsupported_media_type`, `payload_too_large` with the sizes, `unavailable`.
   */
  async take(tenantId: string, upload: Upload): Promise<File> {
    return this.register(tenantId, await this.store(tenantId, upload));
  }

  /** Stores the content of a file that nobody knows of yet: it is to be registered or dropped. Throws as above. */
  async store(tenantId: string, upload: Upload): Promise<File> {
    const name = plainName(upload.name);
    const { head, content } = await withHead(this.limited(name, upload.content));
    if (head.byteLength === 0) throw FailureError.of('invalid_argument', `"${name}" is empty.`, { field: 'file' });
    const type = await contentType(name, head);
    const id = randomUUID();
    const { bytes, sha256 } = await this.content.put(contentKey(tenantId, id), content);
    return { id, name, bytes, sha256, ...type, createdUnixMs: 0 };
  }

  /** Makes a stored file known. It is dropped when that fails. */
  async register(tenantId: string, stored: File): Promise<File> {
    try {
      const { file } = await this.files.registerFile({ tenantId, file: stored });
      if (!file) throw FailureError.of('internal', 'The orchestrator did not say what it has registered.');
      return file;
    } catch (error) {
      await this.drop(tenantId, stored);
      throw error;
    }
  }

  /** Takes back the content of a file that was never registered. */
  async drop(tenantId: string, { id }: File): Promise<void> {
    await this.content.delete(contentKey(tenantId, id)).catch(() => undefined);
  }

  /** Takes back files of a request that was refused in the end. */
  async discard(tenantId: string, files: readonly File[]): Promise<void> {
    await Promise.all(files.map(({ id }) => this.files.deleteFile({ tenantId, fileId: id })));
  }

  /** The rest is counted too, so that the answer can say how large the file is; it is kept nowhere. */
  private async *limited(name: string, content: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    const { maxBytes } = this.limits;
    let bytes = 0;
    for await (const chunk of content) {
      bytes += chunk.byteLength;
      if (bytes <= maxBytes) yield chunk;
      else if (bytes > maxBytes * longestCount) break;
    }
    if (bytes <= maxBytes) return;
    const size = bytes > maxBytes * longestCount ? `more than ${maxBytes * longestCount}` : String(bytes);
    throw FailureError.of('payload_too_large', `"${name}" has ${size} bytes; at most ${maxBytes} are allowed.`, {
      field: 'file',
    });
  }
}

function contentKey(tenantId: string, id: string): string {
  return `${tenantId}/files/${id}`;
}

/** Files up to so many times the limit are counted to their end. */
const longestCount = 4;

/** What a file is called without the folders it was in, and without what cannot be shown. */
export function plainName(name: string): string {
  const last = name.split(/[/\\]/).at(-1) ?? '';
  const shown = [...last]
    .filter((character) => character >= ' ' && character !== '\u007f')
    .join('')
    .trim();
  const { length } = shown;
  const short = length <= 200 ? shown : `${shown.slice(0, 180)}${shown.slice(length - 20)}`;
  return /^\.*$/.test(short) ? 'file' : short;
}

/** The first bytes, and everything from the beginning on. */
async function withHead(
  source: AsyncIterable<Uint8Array>,
): Promise<{ readonly head: Uint8Array; readonly content: AsyncIterable<Uint8Array> }> {
  const rest = source[Symbol.asyncIterator]();
  const first: Uint8Array[] = [];
  let bytes = 0;
  while (bytes < headBytes) {
    const next = await rest.next();
    if (next.done === true) break;
    first.push(next.value);
    bytes += next.value.byteLength;
  }
  const content = async function* () {
    yield* first;
    yield* { [Symbol.asyncIterator]: () => rest };
  };
  return { head: Buffer.concat(first).subarray(0, headBytes), content: content() };
}
