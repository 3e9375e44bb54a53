import { setTimeout as delay } from 'node:timers/promises';
import { randomFrom } from '@treadle/testing/drawing';
import { type Fault, faults } from './chaos-faults.js';
import type { ProcessesSystem } from './processes-system.js';
import { chaosScenarios } from './scenarios/chaos.scenarios.js';
import { crashScenario } from './scenarios/crash.scenario.js';
import type { Load } from './start-load.js';
import { type TrialReport, trial } from './trial.js';

export interface ChaosOptions {
  readonly runs: number;
  /** Starts each second. */
  readonly perSecond: number;
  /** Milliseconds between two faults, on average. */
  readonly pauseMs: number;
  /** Decides which faults there are, and when. */
  readonly seed: number;
  readonly log: (line: string) => void;
}

export interface ChaosReport extends TrialReport {
  /** How often each fault happened. */
  readonly faults: Readonly<Record<string, number>>;
}

/** Every run must have ended so long after the last fault. */
const endLimitMs = 60_000;

/** Runs every kind of workflow while one fault follows the other, until all starts are accepted. */
export async function chaosTest(system: ProcessesSystem, options: ChaosOptions): Promise<ChaosReport> {
  const { runs, perSecond, log } = options;
  const scenarios = [crashScenario, ...chaosScenarios];
  const happened: Record<string, number> = {};
  const disturb = async (load: Load) => {
    load.allow(runs);
    const random = randomFrom(options.seed);
    let over = false;
    const accepted = load.untilAccepted(runs).then(() => (over = true));
    while (!over) {
      await Promise.race([delay(options.pauseMs * 2 * random()), accepted]);
      const fault = pick(random());
      log(fault.name);
      happened[fault.name] = (happened[fault.name] ?? 0) + 1;
      await fault.happen(system, random());
    }
  };
  const report = await trial(system, { scenarios, runs, perSecond, endLimitMs, log, disturb });
  return { ...report, faults: happened };
}

function pick(chance: number): Fault {
  let rest = chance * faults.reduce((sum, { weight }) => sum + weight, 0);
  for (const fault of faults) {
    rest -= fault.weight;
    if (rest < 0) return fault;
  }
  throw new Error('A chance is below 1.');
}
