import type { MoneyGate, Reservation } from './money-gate.js';

const free: Reservation = {
  outputTokensAtMost: undefined,
  warnings: [],
  settle: () => ({ costUsd: undefined, written: Promise.resolve() }),
  release: () => undefined,
};

/** Lets every call through and keeps no accounts. */
export const freeOfCharge: MoneyGate = {
  reserve: async () => free,
  shareUsed: async () => 0,
  recordFree: () => undefined,
};
