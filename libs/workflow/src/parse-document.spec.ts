import { FailureError } from '@treadle/failure';
import { describe, expect, it } from 'vitest';
import { parseDocument } from './parse-document.js';

const limits = { maxBytes: 1000 };

function refusal(text: string) {
  try {
    parseDocument(text, limits);
  } catch (error) {
    if (error instanceof FailureError) return error.failure;
    throw error;
  }
  throw new Error('The text was accepted.');
}

describe('parseDocument', () => {
  it('reads JSON and YAML alike', () => {
    const value = { name: 'a', nodes: [{ id: '1' }] };
    expect(parseDocument(JSON.stringify(value), limits)).toEqual(value);
    expect(parseDocument('name: a\nnodes:\n  - id: "1"\n', limits)).toEqual(value);
    expect(parseDocument('\uFEFF{"name":"a"}', limits)).toEqual({ name: 'a' });
  });

  it('follows the few aliases that tools write', () => {
    expect(parseDocument('a: &x [1]\nb: *x', limits)).toEqual({ a: [1], b: [1] });
  });

  it.each([
    ['JSON', '{"a": 1,\n "b" 2}', { line: 2, column: 6 }],
    ['YAML', 'a: [1\nb: 2', { line: 2, column: 1 }],
    ['YAML with a key twice', 'a: 1\na: 2', { line: 2, column: 1 }],
    ['YAML with an unknown alias', 'a: *x', { line: 1, column: 5 }],
  ])('says line and column of broken %s', (_, text, place) => {
    expect(refusal(text)).toMatchObject({ code: 'invalid_document', details: place });
  });

  it('refuses several YAML documents in one text, and none', () => {
    expect(refusal('a: 1\n---\nb: 2')).toMatchObject({ code: 'invalid_document' });
    expect(refusal('')).toMatchObject({ code: 'invalid_document' });
  });

  it('counts the limit in bytes', () => {
    const text = JSON.stringify('é'.repeat(499));
    expect(parseDocument(text, limits)).toHaveLength(499);
    expect(refusal(JSON.stringify('é'.repeat(500)))).toMatchObject({ code: 'payload_too_large' });
  });

  it('refuses alias bombs', () => {
    const levels = 'bcdefgh'
      .split('')
      .map((name, level) => `${name}: &${name} [${Array(10).fill(`*${'abcdefg'[level]}`).join()}]`);
    expect(refusal(`a: &a [x]\n${levels.join('\n')}`)).toMatchObject({ code: 'invalid_document' });
  });

  it('refuses a value that holds itself', () => {
    expect(refusal('a: &x [*x, *x]')).toMatchObject({ code: 'invalid_document' });
  });

  it('refuses what grows past the limit through aliases', () => {
    const text = `a: &a "${'x'.repeat(300)}"\nb: [*a, *a, *a, *a]`;
    expect(refusal(text).message).toContain('aliases');
  });

  it.each([
    ['a prototype key in JSON', '{"a":{"__proto__":{"b":1}}}', 'a'],
    ['a prototype key in YAML', 'a:\n  __proto__: {b: 1}', 'a'],
    ['a number that is none', 'a: [.inf]', 'a[0]'],
  ])('refuses %s and names the place', (_, text, field) => {
    expect(refusal(text)).toMatchObject({ code: 'invalid_document', field });
  });

  it('refuses deep nesting instead of overflowing', () => {
    expect(refusal('['.repeat(200) + ']'.repeat(200))).toMatchObject({ code: 'invalid_document' });
    expect(refusal('- '.repeat(480))).toMatchObject({ code: 'invalid_document' });
  });
});
