import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { RunScreen } from './run-screen.js';
import { eraseLine } from './terminal.js';

const events = [
  { type: 'node-scheduled', data: { key: 'a', title: 'Ask', at: '2026-01-01T00:00:00.000Z' } },
  { type: 'text-delta', data: { offset: 0, text: 'Hi' } },
  { type: 'node-retry-scheduled', data: { key: 'a', title: 'Ask', failure: { code: 'c', message: 'Away.' } } },
  { type: 'node-completed', data: { key: 'a', title: 'Ask', at: '2026-01-01T00:00:02.500Z' } },
  { type: 'nodes-skipped', data: { keys: ['a', 'b'] } },
];

/** Both streams as one screen shows them. */
function screenOf(tty: boolean): string {
  const both = new PassThrough();
  const screen = new RunScreen({ out: both, err: both, outIsTty: tty, errIsTty: tty, columns: 80 }, true);
  for (const event of events) screen.show(event);
  screen.end();
  return String(both.read());
}

describe('RunScreen', () => {
  it('replaces the line of a running node on a terminal and keeps text and lines apart', () => {
    expect(screenOf(true)).toBe(
      `Ask  running${eraseLine}Hi\nAsk  will be tried again: Away. [c]\nAsk  completed  2.5 s\nAsk, b  skipped\n`,
    );
  });

  it('keeps every line elsewhere', () => {
    expect(screenOf(false)).toBe(
      'Ask  running\nHiAsk  will be tried again: Away. [c]\nAsk  completed  2.5 s\nAsk, b  skipped\n\n',
    );
  });
});
