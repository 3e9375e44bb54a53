import { describe, expect, it } from 'vitest';
import { ThinkSplitter } from './think-splitter.js';

function split(pieces: readonly string[]) {
  const splitter = new ThinkSplitter();
  const parts = [...pieces.map((piece) => splitter.push(piece)), splitter.end()];
  return { text: parts.map((part) => part.text).join(''), reasoning: parts.map((part) => part.reasoning).join('') };
}

describe('ThinkSplitter', () => {
  it('splits alike wherever the text is cut', () => {
    const whole = '<think>let me see</think>\n\nThe <b>answer</b> is 4 < 5. <think>really?</think>Yes.';
    const expected = { text: 'The <b>answer</b> is 4 < 5. Yes.', reasoning: 'let me seereally?' };
    for (let size = 1; size <= whole.length; size++) {
      expect(split(whole.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [])).toEqual(expected);
    }
  });

  it('holds back no more than the beginning of a tag', () => {
    expect(new ThinkSplitter().push('Hello <thi')).toEqual({ text: 'Hello ', reasoning: '' });
  });

  it('takes a tag that never closes as reasoning, and one that never opens as text', () => {
    expect(split(['<think>hm'])).toEqual({ text: '', reasoning: 'hm' });
    expect(split(['a <thin'])).toEqual({ text: 'a <thin', reasoning: '' });
  });
});
