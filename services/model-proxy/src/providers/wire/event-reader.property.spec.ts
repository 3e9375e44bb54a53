import { createParser } from 'eventsource-parser';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventReader } from './event-reader.js';

/** Lines as servers send them, and as none should. */
const line = fc.oneof(
  fc.string({ maxLength: 6 }).map((value) => `data: ${value}`),
  fc.constantFrom(
    '',
    '',
    'data',
    'data:',
    'data: ',
    'data:  two',
    'dat',
    'datax: 1',
    'event: done',
    'id: 7',
    ': hello',
    ' data: 1',
  ),
);
const lines = fc.array(fc.tuple(line, fc.constantFrom('\n', '\r\n', '\r')), { maxLength: 12 });
const stream = lines.map((all) => `${all.map(([text, end]) => text + end).join('')}\n\n`);

function* torn(text: string, size: number): Generator<string> {
  for (let from = 0; from < text.length; from += size) yield text.slice(from, from + size);
}

describe('events', () => {
  it('are read as a parser of the whole standard reads them, wherever they are torn', () => {
    fc.assert(
      fc.property(stream, fc.integer({ min: 1, max: 40 }), (text, size) => {
        const [expected, read]: [string[], string[]] = [[], []];
        const parser = createParser({ onEvent: ({ data }) => expected.push(data) });
        const reader = new EventReader((data) => read.push(data));
        for (const piece of torn(text, size)) {
          parser.feed(piece);
          reader.feed(piece);
        }
        expect(read).toEqual(expected);
        expect(reader.pending).toBe(0);
      }),
    );
  });

  it('count what has not ended yet', () => {
    const reader = new EventReader(() => undefined);
    reader.feed('data: 12345\ndata: 67');
    expect(reader.pending).toBe('12345'.length + 'data: 67'.length);
  });
});
