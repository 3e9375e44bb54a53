import { randomUUID } from 'node:crypto';
import type { Codec, Queue, RequestSubject, Subject } from '@treadle/contracts';
import { vi } from 'vitest';
import type { Delivery, MessageBus, Verdict } from './message-bus.js';

export type MakeBus = () => Promise<MessageBus>;

const text: Codec<string> = {
  encode: (message) => ({ finish: () => Buffer.from(message, 'utf8') }),
  decode: (bytes) => Buffer.from(bytes).toString('utf8'),
};

const fresh = () => randomUUID().slice(0, 8);
export const done: Verdict = { kind: 'done' };
export const options = { concurrency: 4, leaseMs: 10_000 };

export const aSubject = (): Subject<string> => ({ name: `subjects.${fresh()}`, codec: text });
export const aQuestion = (): RequestSubject<string, string> => ({
  name: `questions.${fresh()}`,
  question: text,
  answer: text,
});
export const aQueue = (): Queue<string> => {
  const pool = fresh();
  return { stream: 'CONTRACT', pool, prefix: `contract.v1.${pool}`, codec: text };
};

/** Waits for a condition, however long a loaded machine takes. */
export const until = (condition: () => void) => vi.waitFor(condition, { timeout: 20_000, interval: 5 });

/** For the specs that show that something does not happen; there is no condition to wait for. */
export const nothingHappensFor = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A handler whose calls wait until the spec lets them go. */
export function heldHandler() {
  const calls: { delivery: Delivery<string>; answer: (verdict: Verdict) => void }[] = [];
  const handler = (delivery: Delivery<string>) =>
    new Promise<Verdict>((answer) => {
      calls.push({ delivery, answer });
    });
  return { calls, handler };
}
