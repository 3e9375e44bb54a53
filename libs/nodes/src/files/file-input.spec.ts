import type { Json } from '@treadle/workflow';
import { describe, expect, it } from 'vitest';
import { inputVariableSchema } from '../start/start.descriptor.js';
import { type FileValue, fileOf, filesOf, kindOfExtension } from './file.js';
import { fileProblem, readFileInput } from './file-input.js';

const photo: FileValue = {
  type: 'image',
  name: 'cat.png',
  size: 3,
  mime_type: 'image/png',
  extension: '.png',
  transfer_method: 'local_file',
  url: '/api/v1/files/1/content',
  related_id: '1',
};
const contract: FileValue = { ...photo, type: 'document', name: 'contract.pdf', extension: '.pdf' };
const archive: FileValue = { ...photo, type: 'custom', name: 'all.zip', extension: '.zip' };
const variable = (more: object = {}) => inputVariableSchema.parse({ variable: 'x', type: 'file', ...more });

describe('a file among the inputs', () => {
  it.each<[Json, string]>([
    [{ file_id: 'f1' }, 'f1'],
    [{ type: 'image', transfer_method: 'local_file', upload_file_id: 'f2' }, 'f2'],
    [photo, '1'],
  ])('is read from %j', (given, id) => {
    expect(readFileInput(given)).toEqual({ id });
  });

  it('may stay where it is', () => {
    const url = 'https://example.com/a/report.PDF?key=1#top';
    expect(readFileInput({ transfer_method: 'remote_url', url })).toEqual({
      file: {
        type: 'document',
        name: 'report.PDF',
        size: null,
        mime_type: '',
        extension: '.pdf',
        transfer_method: 'remote_url',
        url,
        related_id: null,
      },
    });
    expect(readFileInput({ transfer_method: 'remote_url', url: 'https://example.com', type: 'image' })).toMatchObject({
      file: { type: 'image', name: 'file' },
    });
  });

  it.each<[Json, string]>([
    ['cat.png', 'must be a file'],
    [{}, 'names no file'],
    [{ transfer_method: 'local_file' }, 'names no file'],
    [{ transfer_method: 'remote_url', url: 'file:///etc/passwd' }, 'http or https address'],
    [{ transfer_method: 'remote_url', url: 7 }, 'http or https address'],
  ])('is refused as %j', (given, sentence) => {
    expect(readFileInput(given)).toMatchObject({ problem: expect.stringContaining(sentence) });
  });
});

describe('what a variable allows', () => {
  it.each([
    ['anything by default', {}, archive],
    ['the kinds it names', { allowed_file_types: ['image'] }, photo],
    [
      'listed extensions of the kind custom',
      { allowed_file_types: ['image', 'custom'], allowed_file_extensions: ['.ZIP'] },
      archive,
    ],
    [
      'listed extensions of other kinds too',
      { allowed_file_types: ['custom'], allowed_file_extensions: ['pdf'] },
      contract,
    ],
    ['the ways it names', { allowed_file_upload_methods: ['local_file'] }, photo],
  ])('is %s', (_, more, file) => {
    expect(fileProblem(variable(more), file)).toBeUndefined();
  });

  it('is not another kind, another extension or another way', () => {
    expect(fileProblem(variable({ allowed_file_types: ['image'] }), contract)).toBe(
      'takes image; "contract.pdf" is of the kind document',
    );
    const zips = variable({ allowed_file_types: ['custom'], allowed_file_extensions: ['.gz'] });
    expect(fileProblem(zips, archive)).toBe('takes .gz; "all.zip" is of another kind');
    expect(fileProblem(variable({ allowed_file_upload_methods: ['remote_url'] }), photo)).toContain('by remote_url');
  });
});

describe('files among values', () => {
  it('are told from other objects', () => {
    expect(fileOf(photo)).toBe(photo);
    for (const other of [undefined, null, 'cat.png', {}, { ...photo, type: 'cat' }, { ...photo, related_id: null }]) {
      expect(fileOf(other)).toBeUndefined();
    }
    expect(filesOf([photo, 'x', contract])).toEqual([photo, contract]);
    expect(filesOf(photo)).toEqual([photo]);
  });

  it('have their kind from their extension', () => {
    expect(['PNG', 'pdf', 'mp3', 'webm', 'exe', ''].map(kindOfExtension)).toEqual([
      'image',
      'document',
      'audio',
      'video',
      'custom',
      'custom',
    ]);
  });
});
