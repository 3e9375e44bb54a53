import { setTimeout as delay } from 'node:timers/promises';

const pollMs = 20;

/** Asks again and again until the condition holds or the time is over. Answers whether it holds. */
export async function waitUntil(condition: () => boolean | Promise<boolean>, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    if (await condition()) return true;
    if (performance.now() >= deadline) return false;
    await delay(pollMs);
  }
}
