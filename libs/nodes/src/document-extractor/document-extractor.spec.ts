import { fakeContext, fakeDocuments, fakeFiles, fakeHttp } from '@treadle/testing/fake-capabilities';
import type { Json } from '@treadle/workflow';
import { describe, expect, it } from 'vitest';
import { documentExtractor } from './document-extractor.descriptor.js';
import { executeDocumentExtractor } from './document-extractor.executor.js';

const uploaded = (name: string) => ({
  type: 'document',
  name,
  size: 3,
  mime_type: 'text/plain',
  extension: '.txt',
  transfer_method: 'local_file',
  url: '',
  related_id: name,
});
const elsewhere = {
  ...uploaded('far.txt'),
  mime_type: '',
  transfer_method: 'remote_url',
  url: 'https://far.example/far.txt',
};

async function extract(value: Json | undefined, status = 200) {
  const files = fakeFiles({ 'a.txt': Buffer.from('A'), 'b.txt': Buffer.from('B'), 'scan.pdf': Buffer.from('') });
  const http = fakeHttp({ status, body: 'far away', headers: { 'content-type': 'text/plain; charset=utf-8' } });
  const documents = fakeDocuments();
  const context = fakeContext(value === undefined ? {} : { 'start.docs': value }, { files, http, documents });
  const config = documentExtractor.config.parse({
    variable_selector: ['start', 'docs'],
    is_array_file: Array.isArray(value),
  });
  const { outputs } = await executeDocumentExtractor(config, context);
  return { outputs, warnings: context.warnings, read: documents.read };
}

describe('document-extractor', () => {
  it('gives the text of a file', async () => {
    expect((await extract(uploaded('a.txt'))).outputs).toEqual({ text: 'A' });
  });

  it('gives the texts of a list of files in its order, and none for none', async () => {
    expect((await extract([uploaded('b.txt'), uploaded('a.txt')])).outputs).toEqual({ text: ['B', 'A'] });
    expect((await extract([])).outputs).toEqual({ text: [] });
  });

  it('fetches a file that is kept elsewhere, and believes its server what it is', async () => {
    const { outputs, read } = await extract(elsewhere);
    expect(outputs).toEqual({ text: 'far away' });
    expect(read).toEqual([
      { bytes: Buffer.from('far away'), fileName: 'far.txt', mediaType: 'text/plain; charset=utf-8' },
    ]);
  });

  it.each([
    [404, false],
    [503, true],
  ])('fails where that server answers %i; may try again: %s', async (status, retryable) => {
    await expect(extract(elsewhere, status)).rejects.toMatchObject({
      failure: { code: 'http_response_error', retryable },
    });
  });

  it('warns where it finds no text', async () => {
    const { outputs, warnings } = await extract(uploaded('scan.pdf'));
    expect(outputs).toEqual({ text: '' });
    expect(warnings).toEqual([expect.stringContaining('scan.pdf')]);
  });

  it.each<[string, Json | undefined, string]>([
    ['nothing', undefined, 'value_missing'],
    ['an optional file that was left out', null, 'value_missing'],
    ['a text', 'a.txt', 'node_configuration'],
    ['a list with something else in it', [uploaded('a.txt'), 7], 'node_configuration'],
    ['a file that is gone', uploaded('gone.txt'), 'file_not_found'],
  ])('fails at %s', async (_, value, code) => {
    await expect(extract(value)).rejects.toMatchObject({ failure: { code } });
  });
});
