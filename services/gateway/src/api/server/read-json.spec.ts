import { describe, expect, it } from 'vitest';
import { readJson } from './read-json.js';

describe('a body of JSON', () => {
  it('is what it says', () => {
    expect(readJson('{"a":[1,{"b":"__proto__"}],"constructor":"of looms"}')).toEqual({
      a: [1, { b: '__proto__' }],
      constructor: 'of looms',
    });
    expect(readJson(`${'['.repeat(90)}${']'.repeat(90)}${' '.repeat(300)}`)).toBeInstanceOf(Array);
  });

  it.each([
    '{"__proto__":{"a":1}}',
    '{"__proto__":null}',
    '{"a":[{"b":{"\\u005f\\u005fproto__":1}}]}',
    '{"constructor":{"prototype":{"a":1}}}',
    '[{"construct\\u006fr":{"prototype":null}}]',
  ])('does not name what every object has: %s', (body) => {
    expect(() => readJson(body)).toThrow(/every object has/);
  });

  it('is not nested without end', () => {
    expect(() => readJson(`${'['.repeat(200_000)}${']'.repeat(200_000)}`)).toThrow(/nested|not JSON/);
    expect(() => readJson(`${'{"a":'.repeat(101)}1${'}'.repeat(101)}`)).toThrow(/nested/);
  });

  it('is JSON', () => {
    expect(() => readJson('{a:1}')).toThrow(/The body is not JSON/);
  });
});
