import { faultKinds } from './faults.js';
import type { Outcome } from './simulation.js';

/** Adds up what many seeds have shown. */
export class Tally {
  private readonly faults = new Map<string, number>();
  private readonly sums = { seeds: 0, steps: 0, runs: 0, commits: 0 };
  private readonly beganAt = performance.now();

  add({ steps, runs, commits, faults }: Outcome): void {
    const { sums } = this;
    sums.seeds += 1;
    sums.steps += steps;
    sums.runs += runs;
    sums.commits += commits;
    for (const [kind, count] of Object.entries(faults)) this.faults.set(kind, (this.faults.get(kind) ?? 0) + count);
  }

  get seeds(): number {
    return this.sums.seeds;
  }

  /** One line for now and then. */
  progress(): string {
    const seconds = (performance.now() - this.beganAt) / 1000;
    const { seeds, runs, commits } = this.sums;
    return `${seeds} seeds in ${seconds.toFixed(1)} s (${(seeds / seconds).toFixed(1)} a second), ${runs} runs, ${commits} commits`;
  }

  /** Every kind of fault and how often it struck: one that never did would prove nothing. */
  faultLines(): string[] {
    return faultKinds.map((kind) => `  ${kind.padEnd(22)}${String(this.faults.get(kind) ?? 0).padStart(8)}`);
  }

  get steps(): number {
    return this.sums.steps;
  }
}
