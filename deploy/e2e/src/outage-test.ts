import { setTimeout as delay } from 'node:timers/promises';
import type { Announced, ProcessesSystem } from './processes-system.js';

/** Something that processes depend on, to be stopped and started. */
export interface Dependency {
  readonly name: string;
  stop(): Promise<void>;
  /** Resolves when it answers again. */
  start(): Promise<void>;
}

/** What became of one process during one outage; times are milliseconds since the stop and since the return. */
export interface OutageRow {
  readonly dependency: string;
  readonly process: string;
  /** Absent where the process does not need it, or noticed nothing. */
  readonly notReadyAfterMs?: number;
  readonly readyAfterMs?: number;
}

export interface OutageReport {
  readonly rows: readonly OutageRow[];
  readonly restarts: number;
  readonly problems: readonly string[];
}

/** Which dependencies make a process unready. A model proxy goes on without any: what it streams must not be cut. */
const needs: Readonly<Record<string, readonly string[]>> = {
  gateway: ['postgres', 'nats'],
  orchestrator: ['postgres', 'nats'],
  'node-executor': ['nats'],
  'model-proxy': [],
  retrieval: ['postgres', 'qdrant'],
  'tool-registry': ['postgres'],
};

const limitMs = 10_000;
const everyMs = 200;

/** Stops each dependency for so many seconds and watches the readiness and the life of every process meanwhile. */
export async function outageTest(
  system: ProcessesSystem,
  dependencies: readonly Dependency[],
  seconds: number,
): Promise<OutageReport> {
  const rows: OutageRow[] = [];
  const problems: string[] = [];
  const before = system.restarts();
  for (const dependency of dependencies) {
    const watches = system.processes().map((one) => new Watch(one, dependency.name));
    await Promise.all(watches.map((watch) => watch.look()));
    for (const watch of watches) if (!watch.isReady) problems.push(`${watch.name} was not ready before`);
    await dependency.stop();
    await during(watches, seconds * 1000);
    await dependency.start();
    for (const watch of watches) watch.returned();
    await during(watches, limitMs + 2 * everyMs, () => watches.every(({ isReady }) => isReady));
    for (const watch of watches) {
      rows.push(watch.row());
      problems.push(...watch.problems());
    }
  }
  const restarts = system.restarts() - before;
  if (restarts > 0) problems.push(`${restarts} processes were started again`);
  return { rows, restarts, problems };
}

async function during(watches: readonly Watch[], forMs: number, enough: () => boolean = () => false): Promise<void> {
  for (const watch of watches) watch.from = performance.now();
  const until = performance.now() + forMs;
  while (performance.now() < until && !enough()) {
    await Promise.all(watches.map((watch) => watch.look()));
    await delay(everyMs);
  }
}

/** One process during one outage. */
class Watch {
  isReady = false;
  from = performance.now();
  private hasReturned = false;
  private dead = 0;
  private notReadyAfterMs: number | undefined;
  private readyAfterMs: number | undefined;

  constructor(
    private readonly process: Announced,
    private readonly dependency: string,
  ) {}

  get name(): string {
    return this.process.process;
  }

  async look(): Promise<void> {
    const [isReady, isAlive] = await Promise.all([
      answers(this.process.readyUrl),
      answers(this.process.readyUrl.replace(/ready$/, 'live')),
    ]);
    if (!isAlive) this.dead += 1;
    const since = performance.now() - this.from;
    if (this.isReady && !isReady && !this.hasReturned) this.notReadyAfterMs ??= since;
    if (isReady && this.hasReturned) this.readyAfterMs ??= since;
    this.isReady = isReady;
  }

  returned(): void {
    this.hasReturned = true;
  }

  row(): OutageRow {
    const { notReadyAfterMs, readyAfterMs, dependency } = this;
    return {
      dependency,
      process: this.name,
      ...(notReadyAfterMs !== undefined && { notReadyAfterMs: Math.round(notReadyAfterMs) }),
      ...(notReadyAfterMs !== undefined && readyAfterMs !== undefined && { readyAfterMs: Math.round(readyAfterMs) }),
    };
  }

  problems(): string[] {
    const { notReadyAfterMs, readyAfterMs, dependency, dead } = this;
    const about = `${dependency} away: ${this.name}`;
    const isNeeded = needs[this.process.role]?.includes(dependency) ?? false;
    return [
      ...(dead > 0 ? [`${about} did not answer its liveness ${dead} times`] : []),
      ...(isNeeded && (notReadyAfterMs ?? Number.POSITIVE_INFINITY) > limitMs ? [`${about} stayed ready`] : []),
      ...(!isNeeded && notReadyAfterMs !== undefined ? [`${about} was not ready, though it does not need it`] : []),
      ...((readyAfterMs ?? Number.POSITIVE_INFINITY) > limitMs ? [`${about} was not ready again in time`] : []),
    ];
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(5000) });
    await answer.body?.cancel();
    return answer.ok;
  } catch {
    return false;
  }
}
