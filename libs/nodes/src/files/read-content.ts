import { FailureError } from '@treadle/failure';
import type { Capabilities } from '../capabilities.js';
import type { FileValue } from './file.js';

export interface FileContent {
  readonly bytes: Uint8Array;
  /** As its server says, where the file does not; empty where nobody does. */
  readonly mediaType: string;
}

/**
 * The content of a file, ours or somebody else's.
 * @throws FailureError `file_not_found`, `payload_too_large`, and for files kept elsewhere what `Http` throws and `http_response_error`.
 */
export async function readContent(
  file: FileValue,
  maxBytes: number,
  { files, http }: Pick<Capabilities, 'files' | 'http'>,
): Promise<FileContent> {
  if (file.transfer_method === 'local_file') {
    return { bytes: await files.read(file, maxBytes), mediaType: file.mime_type };
  }
  const answer = await http.send({
    method: 'GET',
    url: file.url,
    headers: [],
    connectTimeoutSeconds: 10,
    readTimeoutSeconds: 60,
    maxBytes,
  });
  if (answer.status < 200 || answer.status > 299) {
    throw FailureError.of(
      'http_response_error',
      `The server of "${file.name}" answered with status ${answer.status}.`,
      {
        retryable: answer.status === 429 || answer.status >= 500,
      },
    );
  }
  return { bytes: answer.bytes, mediaType: file.mime_type || (answer.headers['content-type'] ?? '') };
}
