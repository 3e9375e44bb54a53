import { faultKinds } from './faults.js';
import type { Outcome } from './simulation.js';

/** Adds up what many seeds have shown. */
export class Tally {
  private readonly faults = new Map<string, number>();
  private readonly sums = { seeds: 0, steps: 0, runs: 0, commits: 0, ofFormerOwners: 0, ofWhatWasTaken: 0 };
  private readonly beganAt = performance.now();

  add({ steps, runs, commits, refused, faults }: Outcome): void {
    const { sums } = this;
    sums.seeds += 1;
    sums.steps += steps;
    sums.runs += runs;
    sums.commits += commits;
    sums.ofFormerOwners += refused.ofFormerOwners;
    sums.ofWhatWasTaken += refused.ofWhatWasTaken;
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

  /** What else there is to say at the end. */
  summary(): string {
    const { steps, ofFormerOwners, ofWhatWasTaken } = this.sums;
    return `${steps} steps; refused were ${ofFormerOwners} commits of former owners, ${ofWhatWasTaken} of what was taken already`;
  }
}
