import fc from 'fast-check';
import { expect, it } from 'vitest';
import { chunkingSchema, cut } from './chunking.js';

const texts = fc.array(fc.oneof(fc.lorem(), fc.constantFrom('\n\n', '\n', '. ', ' ', '长文本没有空格。', '😀😀😀')), {
  maxLength: 60,
});

it('never exceeds the length, and loses nothing but blanks', () => {
  fc.assert(
    fc.property(
      texts,
      fc.integer({ min: 10, max: 200 }),
      fc.integer({ min: 0, max: 150 }),
      (parts, max_length, overlap) => {
        const text = parts.join('');
        const rules = chunkingSchema.parse({ max_length, overlap, remove_extra_spaces: false });
        const chunks = cut(text, rules);
        for (const { content } of chunks) {
          expect(content.length).toBeLessThanOrEqual(max_length);
          expect(content.trim()).not.toBe('');
          expect(content.isWellFormed()).toBe(true);
        }
        if (overlap > 0) return;
        const dense = (value: string) => value.replace(/\s/g, '');
        expect(chunks.map(({ content }) => dense(content)).join('')).toBe(dense(text));
      },
    ),
  );
});

it('keeps every child inside its parent', () => {
  fc.assert(
    fc.property(texts, (parts) => {
      const rules = chunkingSchema.parse({ mode: 'parent_child', max_length: 120, child_max_length: 30 });
      for (const { content, children } of cut(parts.join(''), rules))
        for (const child of children) {
          expect(child.length).toBeLessThanOrEqual(30);
          expect(content).toContain(child);
        }
    }),
  );
});
