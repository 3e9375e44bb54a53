import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitText } from './split-text.js';

const texts = fc
  .array(fc.constantFrom('a', 'bc', ' ', '\n', '\n\n', '. ', '🧵', 'word'), { maxLength: 60 })
  .map((parts) => parts.join(''));
const separators = ['\n\n', '\n', '. ', ' '];

describe('splitText', () => {
  it('gives chunks that are short enough and, without overlap, are the text again', () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 2, max: 20 }), (text, size) => {
        const chunks = splitText(text, { size, overlap: 0 }, separators);
        for (const chunk of chunks) expect(chunk.length).toBeLessThanOrEqual(size);
        expect(chunks.join('').replace(/\s/g, '')).toBe(text.replace(/\s/g, ''));
        expect(chunks.join('')).not.toContain('\uFFFD');
      }),
    );
  });

  it('repeats no more than it may, and stays short enough', () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 2, max: 20 }), fc.nat(19), (text, size, wanted) => {
        const overlap = Math.min(wanted, size - 1);
        const chunks = splitText(text, { size, overlap }, separators);
        for (const chunk of chunks) expect(chunk.length).toBeLessThanOrEqual(size);
        let at = 0;
        for (const chunk of chunks) {
          const found = text.indexOf(chunk, Math.max(0, at - overlap));
          expect(found).toBeGreaterThanOrEqual(0);
          at = found + chunk.length;
        }
      }),
    );
  });

  it('cuts at the best separator that is of use', () => {
    expect(splitText('one two\n\nthree four', { size: 10, overlap: 0 }, separators)).toEqual([
      'one two\n\n',
      'three four',
    ]);
    expect(splitText('a b c d', { size: 4, overlap: 2 }, separators)).toEqual(['a b ', 'b c ', 'c d']);
    expect(splitText('', { size: 8, overlap: 0 }, separators)).toEqual([]);
  });
});
