import { expect } from 'vitest';
import type { Blocked } from '../../src/index.js';

/**
 * Why an attempt is told to nobody:
 * - `absent`: what it wants does not exist, and there is nothing to notice it by
 * - `cut`: the rest of what it prints is dropped
 * - `empty`: what it looks at is its own, and holds nothing
 * - `failed`: an error like any other, which the author of the code gets to see
 * - `jailed`: it gets hold of a part of Pyodide, which leads no further than its process
 * - `plain`: what it gives is a value like any other
 * - `undone`: it changes its own interpreter, which is gone or put back after the call
 */
type Harmless = 'absent' | 'cut' | 'empty' | 'failed' | 'jailed' | 'plain' | 'undone';

/** What is told of an attempt and logged: that it was refused something, that it ran into a limit or brought its interpreter down, or nothing. */
export type Logged = 'refused' | 'limit' | `harmless: ${Harmless}`;

/** What the code does, what is logged of it, and the body of its `main`. `PATH` is a file with the secret, which the environment holds as `PLANTED`. */
export type Attempt = readonly [does: string, logged: Logged, body: string];

/** Checks what was told of a call against what the list says. */
export function expectTold(told: readonly Blocked[], logged: Logged): void {
  const kinds = new Set(told.map(({ kind }) => (kind === 'refused' ? 'refused' : 'limit')));
  if (logged === 'refused' || logged === 'limit') expect([...kinds]).toContain(logged);
  else expect(told).toEqual([]);
}
