import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TextStream } from './text-stream.js';

describe('TextStream', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const aStream = () => {
    const sent: [offset: number, text: string][] = [];
    return { sent, stream: new TextStream((offset, text) => sent.push([offset, text])) };
  };

  it('sends the first piece at once and gathers the next ones', () => {
    const { sent, stream } = aStream();
    for (const piece of ['Hel', 'lo ', 'wor']) stream.push(piece);
    expect(sent).toEqual([[0, 'Hel']]);
    vi.advanceTimersByTime(15);
    stream.push('ld');
    expect(sent).toEqual([[0, 'Hel'], [3, 'lo wor']]); // biome-ignore format: one line reads better
    vi.advanceTimersByTime(15);
    expect(sent.at(-1)).toEqual([9, 'ld']);
    expect(stream.soFar).toBe('Hello world');
  });

  it('sends at once again after a pause', () => {
    const { sent, stream } = aStream();
    stream.push('a');
    vi.advanceTimersByTime(100);
    stream.push('b');
    expect(sent).toEqual([[0, 'a'], [1, 'b']]); // biome-ignore format: one line reads better
  });

  it('counts offsets in UTF-16 code units', () => {
    const { sent, stream } = aStream();
    stream.push('🧵');
    stream.push('!');
    vi.advanceTimersByTime(15);
    expect(sent).toEqual([[0, '🧵'], [2, '!']]); // biome-ignore format: one line reads better
  });

  it('sends what is left when it closes, and nothing later', () => {
    const { sent, stream } = aStream();
    stream.push('a');
    stream.push('b');
    stream.close();
    stream.push('c');
    vi.runAllTimers();
    expect(sent).toEqual([[0, 'a'], [1, 'b']]); // biome-ignore format: one line reads better
  });

  it('counts as text so far only what was sent, so that the next delta continues it', () => {
    const { stream } = aStream();
    stream.push('a');
    stream.push('b');
    expect(stream.soFar).toBe('a');
  });
});
