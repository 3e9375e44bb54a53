import type { JsonObject } from '@treadle/workflow';
import { describe, expect, it } from 'vitest';
import { readResult } from './read-result.js';

const read = (result: JsonObject, schema?: JsonObject) => readResult('tool', result, schema);
const invalid = (message: RegExp) =>
  expect.objectContaining({
    failure: expect.objectContaining({
      code: 'tool_answer_invalid',
      retryable: false,
      message: expect.stringMatching(message),
    }),
  });

describe('readResult', () => {
  it('puts texts together, and takes the structured answer as JSON', () => {
    const content = [
      { type: 'text', text: 'one' },
      { type: 'text', text: 'two' },
    ];
    expect(read({ content, structuredContent: { a: 1 } })).toEqual({
      text: 'one\ntwo',
      json: { a: 1 },
      files: [],
      isError: false,
      warnings: [],
    });
    expect(read({ content: [], structuredContent: { a: 1 } }).text).toBe('{"a":1}');
  });

  it('makes files of pictures, sounds and embedded bytes', () => {
    const content: JsonObject[] = [
      { type: 'image', data: 'AAH/', mimeType: 'image/svg+xml' },
      { type: 'audio', data: 'AAH/', mimeType: 'audio/mpeg' },
      {
        type: 'resource',
        resource: { uri: 'file:///tmp/..%2f/report.pdf?x', blob: 'AAH/', mimeType: 'application/pdf' },
      },
      { type: 'resource', resource: { uri: 'db://table', blob: 'AAH/', mimeType: 'no type' } },
    ];
    expect(read({ content }).files.map(({ name, mediaType }) => [name, mediaType])).toEqual([
      ['image-1.svg', 'image/svg+xml'],
      ['audio-2.mp3', 'audio/mpeg'],
      ['report.pdf', 'application/pdf'],
      ['table-4.bin', 'application/octet-stream'],
    ]);
  });

  it('tells embedded texts and links', () => {
    const content: JsonObject[] = [
      { type: 'resource', resource: { uri: 'db://row/1', text: 'a row' } },
      { type: 'resource_link', name: 'Report', uri: 'https://e.example/r', mimeType: 'text/html' },
    ];
    expect(read({ content }).text).toBe('db://row/1\na row\n[Report](https://e.example/r) text/html');
  });

  it('warns of what it does not know', () => {
    expect(read({ content: [{ type: 'hologram' }] }).warnings).toEqual([expect.stringContaining('"hologram"')]);
  });

  const schema = { type: 'object', properties: { degrees: { type: 'number' } }, required: ['degrees'] };

  it('checks the structured answer against what the tool promises', () => {
    expect(read({ content: [], structuredContent: { degrees: 3 } }, schema).json).toEqual({ degrees: 3 });
    expect(() => read({ content: [], structuredContent: { degrees: 'warm' } }, schema)).toThrow(
      invalid(/does not keep to the form/),
    );
    expect(read({ content: [{ type: 'text', text: '3' }] }, schema).warnings).toEqual([
      expect.stringContaining('gave none'),
    ]);
    expect(read({ content: [{ type: 'text', text: 'no' }], isError: true }, schema)).toMatchObject({
      isError: true,
      warnings: [],
    });
  });

  it.each([
    [{}, /neither content nor/],
    [{ content: 'text' }, /neither content nor/],
    [{ content: ['text'] }, /no object/],
    [{ content: [{ type: 'image', data: 'not base64!', mimeType: 'image/png' }] }, /not base64/],
    [{ content: [{ type: 'image', mimeType: 'image/png' }] }, /not base64/],
  ])('refuses the answer %j', (result, message) => {
    expect(() => read(result)).toThrow(invalid(message));
  });
});
