/** What a store knows of a file. */
export interface StoredFile {
  /** Size of the content in bytes. */
  readonly bytes: number;
}

/** What was stored. */
export interface PutFile extends StoredFile {
  /** SHA-256 of the content, in lower-case hex. */
  readonly sha256: string;
}

export type FileContent = Uint8Array | AsyncIterable<Uint8Array>;

/**
 * Keeps files by key. Keys are paths whose first part is the tenant (`acme/files/1f`); `checkKey` says what they may look like,
 * and every call refuses others with `invalid_argument`. Whatever else goes wrong is `unavailable`.
 */
export interface FileStore {
  /**
   * Stores a file wholly or not at all, in place of one with the same key. Content that fails while it is read leaves nothing behind
   * and fails the call with its own error.
   */
  put(key: string, content: FileContent): Promise<PutFile>;
  /** The content, piece by piece; `undefined` when there is no such file. */
  get(key: string): Promise<AsyncIterable<Uint8Array> | undefined>;
  head(key: string): Promise<StoredFile | undefined>;
  /** Deletes a file; one that is not there is no trouble. */
  delete(key: string): Promise<void>;
  /** Deletes every file below a path, such as `acme/runs/7`. */
  deleteAll(path: string): Promise<void>;
}

/** All of a file at once; `undefined` when there is no such file. */
export async function readFile(store: FileStore, key: string): Promise<Buffer | undefined> {
  const content = await store.get(key);
  return content && Buffer.concat(await Array.fromAsync(content));
}
