import { setTimeout as delay } from 'node:timers/promises';

/** Asks until the answer is not `undefined`. @throws Error saying what was waited for, after `limitMs`. */
export async function eventually<T>(what: string, ask: () => Promise<T | undefined>, limitMs = 60_000): Promise<T> {
  const giveUpAt = Date.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > giveUpAt) throw new Error(`Waited ${limitMs / 1000} s for ${what}.`);
    await delay(50);
  }
}
