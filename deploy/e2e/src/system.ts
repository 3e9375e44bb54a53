import { type ApiClient, ApiError } from '@treadle/cli';
import type { Child } from './child.js';
import { eventually } from './eventually.js';

/** A whole Treadle, as its users and its enemies see it. */
export interface System {
  readonly api: ApiClient;
  /** Where its public API is. */
  readonly url: string;
  /** What can be killed, in the order in which it is. */
  readonly roles: readonly string[];
  /** SIGKILLs one process of a role and brings it back. Resolves when the system answers again. */
  killAndRestart(role: string): Promise<void>;
  /** The newest part of what its processes logged. */
  log(): string;
  /** Ends everything and deletes its data. */
  stop(): Promise<void>;
}

/** The key that every system here is started with. */
export const apiKey = 'treadle-e2e-key-0123456789abcdef';

/** Waits until the readiness endpoint agrees. @throws Error with the log when the process ends instead. */
export async function untilReady(url: string, child: Child): Promise<void> {
  await eventually(`${url} to be ready`, async () => {
    if (child.hasEnded) throw new Error(`The process ended instead of getting ready. ${child.log()}`);
    const response = await fetch(`${url}/health/ready`).catch(() => undefined);
    await response?.body?.cancel();
    return response?.ok ? true : undefined;
  });
}

/** Whether the same request may succeed later: nobody answered, or the server said that it cannot now. */
export function mayPass(error: unknown): boolean {
  return !(error instanceof ApiError) || error.status >= 500 || error.status === 429;
}

/** Repeats a request until it is answered; what is refused for good is thrown. */
export async function untilAnswered<T>(what: string, request: () => Promise<T>, limitMs = 120_000): Promise<T> {
  const answer = await eventually(
    what,
    async () => {
      try {
        return { value: await request() };
      } catch (error) {
        if (mayPass(error)) return undefined;
        throw error;
      }
    },
    limitMs,
  );
  return answer.value;
}
