import type { DocumentReader } from '@treadle/documents';
import { FailureError } from '@treadle/failure';
import type { FileStore } from '@treadle/files';
import type { TenantHttp } from '@treadle/guarded-http';
import type { DocumentOrigin, TextSource } from '../domain/text-source.js';

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

  async textOf(tenantId: string, origin: DocumentOrigin): Promise<string> {
    if (origin.source === 'text') return origin.text;
    const signal = AbortSignal.timeout(this.options.timeoutMs);
    const file =
      origin.source === 'file' ? await this.file(tenantId, origin) : await this.page(tenantId, origin.url, signal);
    const { text } = await this.options.reader.read(tenantId, file, signal);
    if (text.trim() !== '') return text;
    const message = `"${file.fileName.slice(0, 200)}" holds no text; a scan has only pictures of it. Give a file with text.`;
    throw FailureError.of('document_unreadable', message);
  }

  async close(): Promise<void> {
    await this.options.http.close();
    await this.options.reader.close();
  }

  private async file(tenantId: string, { fileId, fileName, mediaType }: Extract<DocumentOrigin, { source: 'file' }>) {
    const content = await this.options.files.get(`${tenantId}/files/${fileId}`);
    if (!content)
      throw FailureError.of('file_not_found', `There is no file ${fileId.slice(0, 100)}.`, { field: 'file_id' });
    return { bytes: await this.whole(fileName, content), fileName, mediaType };
  }

  private async page(tenantId: string, url: string, signal: AbortSignal) {
    const question = { method: 'GET', url, headers: [], ...fetchTimeouts, maxBytes: this.options.mostBytes };
    const { status, headers, bytes } = await this.options.http.of(tenantId).forSignal(signal).send(question);
    if (status < 200 || status >= 300)
      throw FailureError.of('http_response_error', `${url.slice(0, 200)} answered ${status}.`, { field: 'url' });
    const fileName = new URL(url).pathname.split('/').at(-1) || 'page.html';
    return { bytes, fileName, mediaType: headers['content-type'] ?? '' };
  }

  private async whole(name: string, content: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
    const { mostBytes } = this.options;
    const parts: Uint8Array[] = [];
    let size = 0;
    for await (const part of content) {
      size += part.byteLength;
      if (size > mostBytes)
        throw FailureError.of(
          'document_too_large',
          `The file "${name.slice(0, 200)}" has more than ${mostBytes} bytes.`,
        );
      parts.push(part);
    }
    return Buffer.concat(parts);
  }
}
