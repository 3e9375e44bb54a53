import { setTimeout as delay } from 'node:timers/promises';
import {
  type ApiClient,
  eventsPath,
  hasEnded,
  type ImportedWorkflow,
  type Page,
  type Run,
  readPages,
} from '@treadle/cli';
import { checkRun, type RunRecord } from './check-run.js';
import { crashWorkflow, inputsOf, modelCallsPerRun } from './crash-workflow.js';
import { eventually } from './eventually.js';
import type { ModelProcess } from './model-process.js';
import { startLoad } from './start-load.js';
import { type System, untilAnswered } from './system.js';

export interface CrashOptions {
  readonly runs: number;
  readonly kills: number;
  /** Starts each second. */
  readonly perSecond: number;
  /** Done once, when half of the runs were accepted. */
  readonly halfWay?: () => Promise<void>;
  readonly log: (line: string) => void;
}

export interface CrashReport {
  readonly accepted: number;
  readonly completed: number;
  readonly failed: number;
  /** Accepted, and then not to be found. */
  readonly lost: number;
  /** Runs nobody asked for: the same start, accepted twice. */
  readonly duplicates: number;
  readonly kills: number;
  readonly modelCalls: number;
  readonly modelCallsNeeded: number;
  readonly seconds: number;
  /** Everything that is not as promised. */
  readonly problems: readonly string[];
}

/** Starts runs while processes are killed, waits until all have ended, and checks each through the public API. */
export async function crashTest(system: System, models: ModelProcess, options: CrashOptions): Promise<CrashReport> {
  const began = Date.now();
  const { api } = system;
  const workflow = await api.send<ImportedWorkflow>('/api/v1/workflows', { method: 'POST', json: crashWorkflow });
  const load = startLoad(api, workflow.id, options.runs, options.perSecond);
  const [ids] = await Promise.all([load.done, harass(system, load, options)]);
  options.log(`${ids.length} accepted, ${options.kills} kills; waiting for the ends`);
  const all = await untilAllEnded(api, workflow.id);
  const records = await inParallel(ids, 8, (id) => readRecord(api, id));
  const problems = records.flatMap((record, index) =>
    record ? checkRun(record, inputsOf(index)) : [`run ${ids[index]} was accepted and is lost`],
  );
  const known = new Set(ids);
  const duplicates = all.filter(({ id }) => !known.has(id)).length + (ids.length - known.size);
  if (duplicates > 0) problems.push(`${duplicates} runs are duplicates`);
  return {
    accepted: ids.length,
    completed: all.filter(({ status }) => status === 'completed').length,
    failed: all.filter(({ status }) => status === 'failed' || status === 'cancelled').length,
    lost: records.filter((record) => record === undefined).length,
    duplicates,
    kills: options.kills,
    modelCalls: await models.calls(),
    modelCallsNeeded: ids.length * modelCallsPerRun,
    seconds: (Date.now() - began) / 1000,
    problems,
  };
}

/** Kills each role in turn, evenly over the time that the starts take. */
async function harass(system: System, load: { readonly accepted: number }, options: CrashOptions): Promise<void> {
  const { runs, kills, perSecond, log } = options;
  const began = Date.now();
  const spacingMs = (runs * 1000) / perSecond / (kills + 1);
  let halfWay = options.halfWay;
  for (let kill = 1; kill <= kills || halfWay; kill += 1) {
    // Never twice at the same distance from a restart, so that different moments of it are hit.
    await delay(Math.max(began + kill * spacingMs - Date.now(), 200 + ((kill * 397) % 1000)));
    if (halfWay && load.accepted >= runs / 2) {
      await halfWay();
      halfWay = undefined;
    }
    const role = system.roles[(kill - 1) % system.roles.length];
    if (kill > kills || role === undefined) continue;
    const killedAt = Date.now();
    await system.killAndRestart(role);
    log(
      `kill ${kill} (${role}) at ${load.accepted} accepted; back after ${((Date.now() - killedAt) / 1000).toFixed(1)} s`,
    );
  }
}

/** All runs of the workflow, when none of them goes on. */
async function untilAllEnded(api: ApiClient, workflowId: string): Promise<Run[]> {
  return eventually(
    'every run to end',
    async () => {
      const page = (cursor: string | undefined) =>
        untilAnswered('the list of runs', () =>
          api.send<Page<Run>>('/api/v1/runs', { query: { workflow_id: workflowId, limit: '100', cursor } }),
        );
      const all = await readPages(page);
      return all.every(({ status }) => hasEnded(status)) ? all : undefined;
    },
    180_000,
  );
}

async function readRecord(api: ApiClient, id: string): Promise<RunRecord | undefined> {
  const run = await api.send<RunRecord['run']>(`/api/v1/runs/${id}`).catch(() => undefined);
  if (!run || !hasEnded(run.status)) return undefined;
  const events: RunRecord['events'][number][] = [];
  for await (const event of api.events(eventsPath(id))) if (event.type !== 'text-delta') events.push(event);
  return { run, events };
}

async function inParallel<T, R>(items: readonly T[], width: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const next = items.entries();
  const worker = async () => {
    for (const [index, item] of next) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: width }, worker));
  return results;
}
