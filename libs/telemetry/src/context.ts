import { AsyncLocalStorage } from 'node:async_hooks';

/** What every log line written during some work says besides its own facts. */
export interface LogContext {
  readonly runId?: string;
  readonly traceId?: string;
  readonly requestId?: string;
}

const storage = new AsyncLocalStorage<LogContext>();

/** Runs the work with these facts added to those around it. They follow it through awaits, timers and callbacks. */
export function withContext<T>(facts: LogContext, work: () => T): T {
  return storage.run({ ...storage.getStore(), ...facts }, work);
}

/** The facts around the caller; empty outside of any work. */
export function currentContext(): LogContext {
  return storage.getStore() ?? {};
}
