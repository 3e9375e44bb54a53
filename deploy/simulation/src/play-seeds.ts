import { Worker } from 'node:worker_threads';
import type { Outcome } from './simulation.js';

export interface Seeds {
  readonly from: number;
  readonly count: number;
  /** How many to play at the same time. */
  readonly workers: number;
}

/** Plays seeds, several at a time; calls `onOutcome` as each ends and stops early when it says so with `false`. */
export async function playSeeds(
  { from, count, workers }: Seeds,
  onOutcome: (outcome: Outcome) => boolean,
): Promise<void> {
  let next = from;
  let stopped = false;
  const playSome = () =>
    new Promise<void>((resolve, reject) => {
      const worker = new Worker(new URL('./seeds.worker.js', import.meta.url));
      const send = () => {
        if (stopped || next >= from + count) void worker.terminate().then(() => resolve());
        else worker.postMessage(next++);
      };
      worker.on('message', (outcome: Outcome) => {
        if (!stopped && !onOutcome(outcome)) stopped = true;
        send();
      });
      worker.on('error', reject);
      send();
    });
  await Promise.all(Array.from({ length: Math.min(workers, count) }, playSome));
}
