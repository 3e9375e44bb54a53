import { inlineBytes } from '@treadle/workflow';
import { describe, expect, it } from 'vitest';
import { chooseLarge, type Member } from './choose-large.js';

const member = (name: string, bytes: number, away: Member['away'] = 'may'): Member => ({ name, bytes, away });

describe('chooseLarge', () => {
  it('leaves alone what is small enough together', () => {
    expect([...chooseLarge([member('a', inlineBytes - 10), member('b', 10)])]).toEqual([]);
  });

  it('takes the largest first, and no more than it has to', () => {
    const members = [member('small', 2000), member('largest', inlineBytes), member('large', inlineBytes - 3000)];
    expect([...chooseLarge(members)]).toEqual(['largest']);
  });

  it('takes what must go however small, and never what cannot', () => {
    const members = [member('forged', 30, 'must'), member('references', inlineBytes * 2, 'cannot')];
    expect([...chooseLarge(members)]).toEqual(['forged']);
  });

  it('makes no files of crumbs', () => {
    const crumbs = Array.from({ length: 400 }, (_, index) => member(`crumb-${index}`, 1000));
    expect(chooseLarge(crumbs).size).toBe(0);
  });
});
