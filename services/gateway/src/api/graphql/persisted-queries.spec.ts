import { expect, it } from 'vitest';
import { PersistedQueries } from './persisted-queries.js';

const large = 'x'.repeat(60 * 1024);

it('forgets the document that was asked for longest ago when an organisation has no more room', () => {
  const queries = new PersistedQueries(() => 0);
  queries.keep('a', '1', large);
  queries.keep('a', '2', large);
  expect(queries.find('a', '1')).toBe(large);
  queries.keep('a', '3', large);
  expect(queries.find('a', '2')).toBeUndefined();
  expect(queries.find('a', '1')).toBe(large);
  expect(queries.find('a', '3')).toBe(large);
});

it('lets no organisation see or push out what is of another', () => {
  const queries = new PersistedQueries(() => 0);
  queries.keep('a', '1', large);
  for (let count = 0; count < 100; count += 1) queries.keep('b', `b${count}`, large);
  expect(queries.find('a', '1')).toBe(large);
  expect(queries.find('b', '1')).toBeUndefined();
});

it('forgets organisations that have asked nothing for an hour', () => {
  let now = 1;
  const queries = new PersistedQueries(() => now);
  queries.keep('a', '1', 'text');
  now = 3_600_002;
  for (let count = 0; count < 1000; count += 1) queries.keep('b', 'same', 'text');
  expect(queries.find('a', '1')).toBeUndefined();
  expect(queries.find('b', 'same')).toBe('text');
});
