import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Logger } from '@treadle/telemetry';
import type { PlannedProcess } from './process-plan.js';

/** A process that has died is started again after this long, in milliseconds. */
const restartDelayMs = 300;
/** After this long a stopping process is killed. */
const stopLimitMs = 30_000;

/** Keeps processes alive, as a cluster would: what dies is started again. Each start is announced on standard output as one line of JSON. */
export class Supervisor {
  /** The first API key, when a gateway has just made it. */
  firstKey: string | undefined;
  private readonly children = new Map<string, ChildProcess>();
  private stopping = false;

  constructor(
    private readonly plan: readonly PlannedProcess[],
    private readonly log: Logger,
  ) {}

  /** Resolves when every process says it is ready. */
  async start(): Promise<void> {
    for (const planned of this.plan) this.launch(planned);
    await Promise.all(this.plan.map((planned) => this.ready(planned)));
  }

  /** The door first, so that no new work comes in, then the others together. */
  async stop(): Promise<void> {
    this.stopping = true;
    const doors = this.plan.filter((planned) => planned.role === 'gateway');
    await Promise.all(doors.map((planned) => this.end(planned.name)));
    await Promise.all(this.plan.map((planned) => this.end(planned.name)));
  }

  private launch(planned: PlannedProcess): void {
    const { role, name, main, environment, readyUrl, metricsUrl } = planned;
    // A session of its own: Ctrl-C reaches us alone, and we stop them in order.
    const child = spawn(process.execPath, [main], {
      env: environment,
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    });
    this.children.set(name, child);
    process.stdout.write(`${JSON.stringify({ process: name, role, pid: child.pid, readyUrl, metricsUrl })}\n`);
    createInterface(child.stdout).on('line', (line) => this.heard(line));
    child.once('exit', (code, signal) => {
      this.children.delete(name);
      if (this.stopping) return;
      this.log.warn({ process: name, code, signal }, 'a process has died; starting it again');
      setTimeout(() => this.stopping || this.launch(planned), restartDelayMs);
    });
  }

  private heard(line: string): void {
    const key = /^The first API key, .*: (\S+)$/.exec(line)?.[1];
    if (key) this.firstKey = key;
    else process.stdout.write(`${line}\n`);
  }

  private async ready({ readyUrl }: PlannedProcess): Promise<void> {
    while (!this.stopping) {
      const answer = await fetch(readyUrl).catch(() => undefined);
      await answer?.body?.cancel();
      if (answer?.ok) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  private async end(name: string): Promise<void> {
    const child = this.children.get(name);
    if (!child) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    const limit = setTimeout(() => child.kill('SIGKILL'), stopLimitMs);
    await ended;
    clearTimeout(limit);
  }
}
