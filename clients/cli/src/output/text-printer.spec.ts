import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { eraseLine } from './terminal.js';
import { type TextDelta, TextPrinter } from './text-printer.js';

function printed(outIsTty: boolean, deltas: readonly TextDelta[]) {
  const out = new PassThrough();
  const err = new PassThrough();
  const printer = new TextPrinter({ out, err, outIsTty, errIsTty: outIsTty, columns: 20 });
  for (const delta of deltas) printer.add(delta);
  printer.breakLine();
  return { out: String(out.read() ?? ''), err: String(err.read() ?? '') };
}

describe('TextPrinter', () => {
  it('prints what is added and ends the line', () => {
    const deltas = [
      { offset: 0, text: 'one ' },
      { offset: 4, text: 'two' },
    ];
    expect(printed(false, deltas)).toEqual({ out: 'one two\n', err: '' });
  });

  it('rewrites the line on a terminal when text is taken back', () => {
    const deltas = [
      { offset: 0, text: 'first\none two' },
      { offset: 10, text: 'three' },
    ];
    expect(printed(true, deltas).out).toBe(`first\none two${eraseLine}one three\n`);
  });

  it.each([
    ['is no terminal', false, 'one two', 4],
    ['cannot go up a line', true, 'one\ntwo', 2],
    ['cannot go up in a wrapped line', true, 'a line that is longer than the screen', 4],
  ])('goes on in a new line where the output %s', (_name, outIsTty, before, offset) => {
    const { out, err } = printed(outIsTty, [
      { offset: 0, text: before },
      { offset, text: 'X' },
    ]);
    expect(out).toBe(`${before}\n${before.slice(0, offset)}X\n`);
    expect(err).toContain('characters were taken back');
  });
});
