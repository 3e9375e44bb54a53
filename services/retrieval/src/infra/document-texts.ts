import type { DocumentReader } from '@treadle/documents';
import { FailureError } from '@treadle/failure';
import type { FileStore } from '@treadle/files';
import type { TenantHttp } from '@treadle/guarded-http';
import { isId } from '../domain/dataset.js';
import type { ReadOrigin, TextSource } from '../domain/text-source.js';

export interface DocumentTextsOptions {
  readonly files: FileStore;
  readonly http: TenantHttp;
  readonly reader: DocumentReader;
  /** The largest file that is read. */
  readonly mostBytes: number;
  /** For fetching and reading one. */
  readonly timeoutMs: number;
}

const fetchTimeouts = { connectTimeoutSeconds: 10, readTimeoutSeconds: 60 };

/** Texts out of uploaded files, and out of pages that are fetched by the guarded way out. */
export class DocumentTexts implements TextSource {
  constructor(private readonly options: DocumentTextsOptions) {}

  async check(tenantId: string, origin: ReadOrigin): Promise<void> {
    if (origin.source === 'url') return this.checkAddress(tenantId, origin.url);
    const { fileId, fileName, mediaType } = origin;
    const stored = isId(fileId) ? await this.options.files.head(keyOf(tenantId, fileId)) : undefined;
    if (!stored) throw noFile(fileId);
    if (stored.bytes === 0)
      throw FailureError.of('document_unreadable', `${named(fileName)} is empty. Send a file with content.`, atFile);
    if (stored.bytes > this.options.mostBytes) throw this.tooLarge(fileName, stored.bytes);
    if (!/^(?:image|audio|video|font)\//i.test(mediaType)) return;
    const message = `${named(fileName)} is ${mediaType.slice(0, 100)}, which holds no text. Send a PDF, Word, sheet or text file.`;
    throw FailureError.of('document_unsupported', message, atFile);
  }

  async textOf(tenantId: string, origin: ReadOrigin, stop: AbortSignal): Promise<string> {
    const { timeoutMs, reader } = this.options;
    const time = AbortSignal.timeout(timeoutMs);
    const signal = AbortSignal.any([stop, time]);
    try {
      const file =
        origin.source === 'file' ? await this.file(tenantId, origin) : await this.page(tenantId, origin.url, signal);
      const { text } = await reader.read(tenantId, file, signal);
      if (text.trim() !== '') return text;
      const message = `${named(file.fileName)} holds no text; a scan has only pictures of it. Give a file with text.`;
      throw FailureError.of('document_unreadable', message);
    } catch (error) {
      if (!time.aborted || stop.aborted || error instanceof FailureError) throw error;
      const message = `It was not fetched and read within ${timeoutMs / 1000} s. Try again, or give it in smaller files.`;
      throw FailureError.of('deadline_exceeded', message, {}, { cause: error });
    }
  }

  async close(): Promise<void> {
    await this.options.http.close();
    await this.options.reader.close();
  }

  private checkAddress(tenantId: string, address: string): void {
    const isAddress = /^https?:\/\//i.test(address) && URL.canParse(address);
    const message = `"${address.slice(0, 200)}" is not an address of a page. Write it like https://example.com/page.`;
    if (!isAddress) throw FailureError.of('invalid_argument', message, { field: 'url' });
    this.options.http.of(tenantId).check(address);
  }

  private async file(tenantId: string, { fileId, fileName, mediaType }: Extract<ReadOrigin, { source: 'file' }>) {
    const content = isId(fileId) ? await this.options.files.get(keyOf(tenantId, fileId)) : undefined;
    if (!content) throw noFile(fileId);
    return { bytes: await this.whole(fileName, content), fileName, mediaType };
  }

  private async page(tenantId: string, url: string, signal: AbortSignal) {
    const question = { method: 'GET', url, headers: [], ...fetchTimeouts, maxBytes: this.options.mostBytes };
    const { status, headers, bytes } = await this.options.http.of(tenantId).forSignal(signal).send(question);
    if (status < 200 || status >= 300) {
      // What is broken or too busy over there may be well in a moment.
      const retryable = status >= 500 || status === 429;
      const message = `${url.slice(0, 200)} answered ${status}. Check that the page is there for everybody, then try again.`;
      throw FailureError.of('http_response_error', message, { field: 'url', retryable });
    }
    const fileName = new URL(url).pathname.split('/').at(-1) || 'page.html';
    return { bytes, fileName, mediaType: headers['content-type'] ?? '' };
  }

  /** Holds no more than is allowed, whatever the store says its size is. */
  private async whole(name: string, content: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
    const { mostBytes } = this.options;
    const parts: Uint8Array[] = [];
    let size = 0;
    for await (const part of content) {
      size += part.byteLength;
      if (size > mostBytes) throw this.tooLarge(name, size);
      parts.push(part);
    }
    return Buffer.concat(parts);
  }

  private tooLarge(name: string, bytes: number): FailureError {
    const message = `${named(name)} has ${bytes} bytes, where ${this.options.mostBytes} are allowed. Send it in parts, or have the operator raise TREADLE_DATASET_FILE_BYTES.`;
    return FailureError.of('document_too_large', message, atFile);
  }
}

const atFile = { field: 'file_id' };
const keyOf = (tenantId: string, fileId: string) => `${tenantId}/files/${fileId}`;
const named = (fileName: string) => `The file "${fileName.slice(0, 200)}"`;
const noFile = (fileId: string) =>
  FailureError.of('file_not_found', `There is no file ${fileId.slice(0, 100)}. Upload it first.`, atFile);
