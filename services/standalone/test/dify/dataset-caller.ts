import { randomUUID } from 'node:crypto';
import { expect, vi } from 'vitest';
import type { DifyStack } from './dify-stack.js';

/** What answers of the dataset API hold, as far as specs look into them by themselves. */
export interface Told {
  readonly id: string;
  readonly name: string;
  readonly content: string;
  readonly code: string;
  readonly status: number;
  readonly batch: string;
  readonly total: number;
  readonly page: number;
  readonly has_more: boolean;
  readonly doc_form: string;
  readonly data: readonly Told[];
  readonly document: Told;
  readonly segment: Told;
  readonly child_chunks: readonly Told[];
  readonly records: readonly Told[];
  readonly fields: readonly Told[];
  readonly document_process_rule: { readonly rules: { readonly segmentation: object } };
}

export interface Answer {
  readonly status: number;
  readonly body: Told;
}

/** Calls the dataset API as its clients do. */
export class DatasetCaller {
  constructor(
    private readonly stack: DifyStack,
    readonly key: string,
  ) {}

  async ask(method: string, path: string, body?: object, as = this.key): Promise<Answer> {
    const reply = await this.stack.send(as, method, path, body);
    const text = await reply.text();
    return { status: reply.status, body: (text === '' ? null : JSON.parse(text)) as Told };
  }

  /** As the 3.1.0 client sends a form. */
  async sendForm(path: string, file: Blob | undefined, name: string, data?: object, method = 'POST'): Promise<Answer> {
    const form = new FormData();
    if (data) form.append('data', JSON.stringify(data));
    if (file) form.append('file', file, name);
    const headers = { authorization: `Bearer ${this.key}` };
    const reply = await fetch(`${this.stack.baseUrl}${path}`, { method, headers, body: form });
    return { status: reply.status, body: (await reply.json()) as Told };
  }

  async dataset(given: object = {}): Promise<string> {
    const body = { name: randomUUID(), indexing_technique: 'economy', ...given };
    const made = await this.ask('POST', '/datasets', body);
    expect([made.status, made.body]).toMatchObject([200, { id: expect.any(String) }]);
    return made.body.id;
  }

  /** Waits for a batch as clients do. */
  async indexed(id: string, batch: string, status = 'completed'): Promise<Told> {
    return vi.waitFor(
      async () => {
        const { body } = await this.ask('GET', `/datasets/${id}/documents/${batch}/indexing-status`);
        expect(body.data).toMatchObject([{ id: batch, indexing_status: status }]);
        return body.data[0]!;
      },
      { timeout: 30_000, interval: 50 },
    );
  }

  /** A text that is indexed; gives its id. */
  async text(id: string, text: string, given: object = {}): Promise<string> {
    const path = `/datasets/${id}/document/create_by_text`;
    const made = await this.ask('POST', path, { name: 'a text', text, ...given });
    expect([made.status, made.body]).toMatchObject([200, { batch: expect.any(String) }]);
    await this.indexed(id, made.body.batch);
    return made.body.document.id;
  }

  async search(id: string, query: string, retrieval_model?: object): Promise<readonly Told[]> {
    return (await this.ask('POST', `/datasets/${id}/retrieve`, { query, retrieval_model })).body.records;
  }
}

export const contentsOf = (records: readonly Told[]) => records.map(({ segment }) => segment.content);
