import type { Writable } from 'node:stream';

/** Where the command writes: results on `out`, everything for the eye on `err`. */
export interface Terminal {
  readonly out: Writable;
  readonly err: Writable;
  /** Whether `out` and `err` are seen by a person as they are written. */
  readonly outIsTty: boolean;
  readonly errIsTty: boolean;
  /** Characters in a line of the screen. */
  readonly columns: number;
}

export function processTerminal(): Terminal {
  const { stdout, stderr } = process;
  return {
    out: stdout,
    err: stderr,
    outIsTty: stdout.isTTY,
    errIsTty: stderr.isTTY,
    columns: stdout.columns ?? 80,
  };
}

/** Erases the line the cursor is in. */
export const eraseLine = '\r\u001b[2K';
