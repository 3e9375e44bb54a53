import { describe, expect, it } from 'vitest';
import { type Chunking, chunkingSchema, cut } from './chunking.js';

const contents = (text: string, rules: Partial<Chunking>) =>
  cut(text, chunkingSchema.parse(rules)).map(({ content }) => content);

describe('cut', () => {
  it('cuts at the first separator that makes the pieces small enough', () => {
    expect(contents('one two\n\nthree four\nfive', { max_length: 12, overlap: 0 })).toEqual([
      'one two',
      'three four',
      'five',
    ]);
  });

  it('keeps apart what the first separator parts, when told to', () => {
    const rules = { separators: ['###', ' '], max_length: 12, overlap: 0, keep_apart: true };
    expect(contents('one###two three four five###six', rules)).toEqual(['one', 'two three', 'four five', 'six']);
  });

  it('begins a piece with the end of the one before, at a word', () => {
    const found = contents('alpha beta gamma delta epsilon zeta', { max_length: 18, overlap: 8 });
    expect(found[0]).toBe('alpha beta gamma');
    for (const [index, piece] of found.entries())
      if (index > 0) expect(found[index - 1]).toContain(piece.split(' ')[0]);
  });

  it('counts four characters as a token', () => {
    expect(
      contents('x'.repeat(100), { unit: 'tokens', max_length: 10, overlap: 0 }).map(({ length }) => length),
    ).toEqual([40, 40, 20]);
  });

  it('removes addresses and blanks when told to', () => {
    const rules = { remove_urls_emails: true };
    expect(contents('see  https://x.example/a?b=c or   me@x.example now\n\n\n\n\nend', rules)).toEqual([
      'see or now\n\nend',
    ]);
  });

  it('takes questions with their answers', () => {
    const text = 'Q: What is it?\nA: A loom.\nIt weaves.\n\nQ: Why?\nA: To weave.\nQ: unanswered?';
    expect(cut(text, chunkingSchema.parse({ mode: 'question_answer' }))).toEqual([
      { content: 'What is it?', answer: 'A loom.\nIt weaves.', children: [] },
      { content: 'Why?', answer: 'To weave.', children: [] },
    ]);
  });

  it('makes a whole document the parent', () => {
    const [only, ...others] = cut(
      'a b c. d e f. g h i.',
      chunkingSchema.parse({ mode: 'parent_child', parent: 'document', child_max_length: 10 }),
    );
    expect(others).toEqual([]);
    expect(only?.children.length).toBeGreaterThan(1);
  });

  it('gives nothing for blanks', () => {
    expect(contents(' \n\n \u0000 ', {})).toEqual([]);
  });
});
