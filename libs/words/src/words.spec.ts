import { expect, it } from 'vitest';
import { termsOf, wordsOf } from './words.js';

it('makes words comparable', () => {
  expect(wordsOf('The RUNNING foxes, café’s №5 – running!')).toEqual(['run', 'fox', 'café', 's', 'no5', 'run']);
  expect(wordsOf('我们喜欢编程')).toEqual(expect.arrayContaining(['我们', '喜欢']));
  expect(wordsOf('… !? ')).toEqual([]);
});

it('keeps what is written beside the stem', () => {
  expect(termsOf('Two LOOMS')).toEqual([
    { word: 'two', stem: 'two' },
    { word: 'looms', stem: 'loom' },
  ]);
});
