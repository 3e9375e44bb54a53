/** Where an adapter tells what it met; a pino logger fits. */
export interface BusLog {
  info(facts: object, sentence: string): void;
  warn(facts: object, sentence: string): void;
  error(facts: object, sentence: string): void;
}

/** For specs and tools that do not want to hear it. */
export const silentLog: BusLog = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** How long a message waits after its handler threw. */
export const throwDelayMs = 1000;
