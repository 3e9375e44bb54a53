import { createHash } from 'node:crypto';
import type { FileContent, PutFile } from './file-store.js';

/** Counts and hashes content while somebody else reads it. */
export class Digest {
  private readonly hash = createHash('sha256');
  private bytes = 0;

  async *through(content: FileContent): AsyncIterable<Uint8Array> {
    for await (const chunk of content instanceof Uint8Array ? [content] : content) {
      this.hash.update(chunk);
      this.bytes += chunk.byteLength;
      yield chunk;
    }
  }

  /** What went through. Called once, after the last piece. */
  end(): PutFile {
    return { bytes: this.bytes, sha256: this.hash.digest('hex') };
  }
}

/** SHA-256 in lower-case hex. */
export function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
