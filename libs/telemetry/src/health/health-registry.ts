import { setTimeout as delay } from 'node:timers/promises';

/** Resolves when the thing checked works, rejects with the reason when it does not. */
export type HealthCheck = (signal: AbortSignal) => Promise<unknown>;

export interface CheckOutcome {
  readonly ok: boolean;
  /** Why not; absent when ok. */
  readonly message?: string;
}

export interface Readiness {
  readonly status: 'ready' | 'starting' | 'draining' | 'failing';
  /** By the checks' names. */
  readonly checks: Readonly<Record<string, CheckOutcome>>;
}

interface Registered {
  readonly check: HealthCheck;
  readonly timeoutMs: number;
}

const cacheMs = 1_000;

/**
 * What a process knows about its own health. One per process: when several services share a process, they share it.
 */
export class HealthRegistry {
  readonly #checks = new Map<string, Registered>();
  readonly #startupSteps = new Set<string>();
  #draining = false;
  #cached: { readonly at: number; readonly checks: Promise<Record<string, CheckOutcome>> } | undefined;

  /**
   * Adds a dependency without which the process cannot take work, such as its database or its bus.
   * @param timeoutMs how long the check may take. Default 2,000.
   * @returns a function that removes it.
   */
  register(name: string, check: HealthCheck, timeoutMs = 2_000): () => void {
    if (this.#checks.has(name)) throw new Error(`The health check "${name}" is registered twice.`);
    this.#checks.set(name, { check, timeoutMs });
    this.#cached = undefined;
    return () => {
      this.#checks.delete(name);
      this.#cached = undefined;
    };
  }

  /** Announces work that must be over before the process counts as started, such as migrations. @returns call it when done. */
  beginStartup(name: string): () => void {
    this.#startupSteps.add(name);
    return () => void this.#startupSteps.delete(name);
  }

  /** The start-up work not yet over; empty once started. */
  pendingStartup(): string[] {
    return [...this.#startupSteps];
  }

  /** From now on the process is not ready, so that no new work is sent to it while it finishes what it has. */
  drain(): void {
    this.#draining = true;
  }

  /** Asks every check, at most about once a second however often it is called. */
  async readiness(): Promise<Readiness> {
    const checks = await this.#outcomes();
    return { status: this.#statusOf(checks), checks };
  }

  #statusOf(checks: Record<string, CheckOutcome>): Readiness['status'] {
    if (this.#draining) return 'draining';
    if (this.#startupSteps.size > 0) return 'starting';
    return Object.values(checks).every(({ ok }) => ok) ? 'ready' : 'failing';
  }

  #outcomes(): Promise<Record<string, CheckOutcome>> {
    const now = performance.now();
    if (this.#cached === undefined || now - this.#cached.at > cacheMs) {
      this.#cached = { at: now, checks: askAll(this.#checks) };
    }
    return this.#cached.checks;
  }
}

async function askAll(checks: ReadonlyMap<string, Registered>): Promise<Record<string, CheckOutcome>> {
  const asked = [...checks].map(async ([name, registered]) => [name, await ask(registered)] as const);
  return Object.fromEntries(await Promise.all(asked));
}

async function ask({ check, timeoutMs }: Registered): Promise<CheckOutcome> {
  const over = new AbortController();
  const late = delay(timeoutMs, undefined, { signal: over.signal, ref: false }).then(() => {
    throw new Error(`no answer within ${timeoutMs} ms`);
  });
  try {
    await Promise.race([check(over.signal), late]);
    return { ok: true };
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) };
  } finally {
    // Ends the timer, and tells a check that is still waiting that nobody does any more.
    late.catch(() => {});
    over.abort();
  }
}
