import { setTimeout as delay } from 'node:timers/promises';
import type { ApiClient, Page, Run } from '@treadle/cli';
import type { ModelProcess } from './model-process.js';
import { crashScenario } from './scenarios/crash.scenario.js';
import type { Load } from './start-load.js';
import type { System } from './system.js';
import { type TrialReport, trial } from './trial.js';

export interface CrashOptions {
  readonly runs: number;
  readonly kills: number;
  /** Starts each second. */
  readonly perSecond: number;
  /** Done once, when half of the runs were accepted. */
  readonly halfWay?: () => Promise<void>;
  readonly log: (line: string) => void;
}

export interface CrashReport extends TrialReport {
  readonly kills: number;
  /** Runs that had not ended when a process was killed, summed over the kills. */
  readonly underWayAtKills: number;
  readonly modelCalls: number;
  readonly modelCallsNeeded: number;
}

/** Longer than every lease and every pause there is. */
const endLimitMs = 120_000;

/** Kills one process after the other under runs of ten nodes, and checks that each run completes as if nothing had happened. */
export async function crashTest(system: System, models: ModelProcess, options: CrashOptions): Promise<CrashReport> {
  let underWayAtKills = 0;
  const disturb = async (load: Load) => {
    const halfWay = load.untilAccepted(options.runs / 2).then(options.halfWay);
    underWayAtKills = await harass(system, load, options);
    await halfWay;
  };
  const { runs, perSecond, log } = options;
  const report = await trial(system, { scenarios: [crashScenario], runs, perSecond, endLimitMs, log, disturb });
  return {
    ...report,
    kills: options.kills,
    underWayAtKills,
    modelCalls: await models.calls(),
    modelCallsNeeded: report.accepted * crashScenario.modelCalls,
  };
}

/**
 * Kills each role in turn, each time when nearly all starts of a share were accepted, and lets the next share in while the role is
 * down: so at every kill runs are under way, however long a restart takes. Resolves to how many were, summed over the kills.
 */
async function harass(system: System, load: Load, { runs, kills, log }: CrashOptions): Promise<number> {
  const share = Math.ceil(runs / (kills + 1));
  let interrupted = 0;
  let back = Promise.resolve();
  for (let kill = 1; kill <= kills; kill += 1) {
    load.allow(share * kill);
    // Starts are accepted before the system calls itself ready, and their runs are what is to be interrupted.
    await Promise.race([load.untilAccepted(Math.min(share * kill, runs) - Math.ceil(share / 8)), refusalOf(back)]);
    // A little later each time, so that different moments of a run and of a start are hit.
    await delay((kill * 37) % 150);
    const role = system.roles[(kill - 1) % system.roles.length] ?? '';
    const underWay = await countUnderWay(system.api);
    log(`kill ${kill} (${role}) with ${underWay} runs under way`);
    back = system.killAndRestart(role);
    interrupted += underWay;
  }
  load.allow(runs);
  await back;
  return interrupted;
}

/** Rejects when the promise does, and otherwise never settles. */
function refusalOf(promise: Promise<void>): Promise<never> {
  return promise.then(() => new Promise<never>(() => undefined));
}

/** Runs that have not ended, up to 100; 0 while nobody can be asked. */
async function countUnderWay(api: ApiClient): Promise<number> {
  const query = { status: ['pending', 'running'], limit: '100' };
  const page = await api.send<Page<Run>>('/api/v1/runs', { query }).catch(() => undefined);
  return page?.items.length ?? 0;
}
