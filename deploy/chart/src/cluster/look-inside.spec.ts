import { describe, expect, it } from 'vitest';
import { imageFinding, outsideFinding } from './look-inside.js';

const inside = {
  user: 10001,
  capabilities: '00000000000000000000000000000000',
  noNewPrivileges: '1',
  root: 'EROFS',
  tools: [],
};
const troublesOf = (changed: object, health = 0) =>
  imageFinding('it:1', JSON.stringify({ ...inside, ...changed }), health).troubles;

describe('what is found in an image', () => {
  it('is no trouble where it is as it should be', () => expect(troublesOf({})).toEqual([]));

  it.each([
    ['root', { user: 0 }],
    ['capabilities', { capabilities: '00000000a80425fb0000000000000000' }],
    ['privileges', { noNewPrivileges: '0' }],
    ['writable', { root: 'writable' }],
    ['npm, apt', { tools: ['npm', 'apt'] }],
  ])('names %s', (word, changed) => expect(troublesOf(changed)).toEqual([expect.stringContaining(word)]));

  it('names a health command that fails', () => expect(troublesOf({}, 1)).toEqual([expect.stringContaining('health')]));
});

describe('what is found outside of the network', () => {
  it.each([
    [{ name: 'ENOTFOUND', address: 'ENETUNREACH' }, 0],
    [{ name: 'ENOTFOUND', address: 'EHOSTUNREACH' }, 0],
    [{ name: 'found', address: 'ENETUNREACH' }, 1],
    [{ name: 'ENOTFOUND', address: 'ABORT_ERR' }, 1],
  ])('%o', (said, troubles) => expect(outsideFinding(JSON.stringify(said)).troubles).toHaveLength(troubles));
});
