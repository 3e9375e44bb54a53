import { expect, it } from 'vitest';
import { createLogger } from './logger.js';
import { redactionKinds, redactionOf } from './redaction.js';

const all = redactionOf({ kinds: redactionKinds, words: ['Project X', 'a+b'], names: ['query'] })!;

it.each([
  ['ada.lovelace+1@mail.example.com', '[email]'],
  ['4111 1111 1111 1111', '[card]'],
  ['DE89 3704 0044 0532 0130 00', '[iban]'],
  ['+49 30 1234567', '[phone]'],
  ['192.168.10.7', '[ipv4]'],
  ['project x', '[redacted]'],
  ['A+B', '[redacted]'],
])('takes out %s', (text, instead) => {
  expect(all({ deep: [`before ${text}, after`] })).toEqual({ deep: [`before ${instead}, after`] });
});

it.each([
  '01a1ffc1-a88a-7026-920d-1077168bd455',
  '2030-01-01T10:20:30.123Z',
  '4111 1111 1111 1112',
  'DE00 3704 1144 1532 1130 11',
  '1.2.3',
  '999.1.1.1',
])('leaves %s', (text) => {
  expect(all({ text })).toEqual({ text });
});

it('goes by names, and costs what the length of a text says', () => {
  expect(all({ Query: { deep: 1 } })).toEqual({ Query: '[redacted]' });
  for (const text of ['a.'.repeat(50_000), '1 '.repeat(50_000), 'DE12'.repeat(25_000), '+1'.repeat(50_000)])
    expect(all(text)).toBeTypeOf('string');
});

it('is nothing without rules', () => {
  expect(redactionOf({ kinds: [], words: [], names: [] })).toBeUndefined();
});

it('cleans every line of a logger, its facts and its sentence', () => {
  const lines: string[] = [];
  const output = { write: (line: string) => void lines.push(line) };
  const rules = { kinds: redactionKinds, words: [], names: [] };
  const log = createLogger({ service: 'spec', output, rules });
  log.child({ user: 'ada@example.com' }).warn({ err: new Error('of bob@example.com') }, 'said %s', 'eve@example.com');
  expect(lines.join('')).toContain('said [email]');
  expect(lines.join('')).not.toMatch(/@example/);
});
