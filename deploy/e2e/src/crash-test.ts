import { setTimeout as delay } from 'node:timers/promises';
import {
  type ApiClient,
  ApiError,
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
import { type Load, startLoad } from './start-load.js';
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
  /** Runs that had not ended when a process was killed, summed over the kills. */
  readonly underWayAtKills: number;
  readonly modelCalls: number;
  readonly modelCallsNeeded: number;
  readonly seconds: number;
  /** Everything that is not as promised. */
  readonly problems: readonly string[];
}

/** Longer than every lease and every pause there is. */
const endLimitMs = 120_000;

/** Starts runs while processes are killed, waits until all have ended, and checks each through the public API. */
export async function crashTest(system: System, models: ModelProcess, options: CrashOptions): Promise<CrashReport> {
  const began = Date.now();
  const { api } = system;
  const workflow = await api.send<ImportedWorkflow>('/api/v1/workflows', { method: 'POST', json: crashWorkflow });
  const load = startLoad(api, workflow.id, options.runs, options.perSecond);
  const [ids, underWayAtKills] = await Promise.all([
    load.done,
    harass(system, load, workflow.id, options),
    load.untilAccepted(options.runs / 2).then(options.halfWay),
  ]);
  options.log(`${ids.length} accepted, ${options.kills} kills; waiting for the ends`);
  const all = await untilAllEnded(api, workflow.id);
  const records = await inParallel(ids, 8, (id) => untilAnswered(`run ${id}`, () => readRecord(api, id)));
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
    underWayAtKills,
    modelCalls: await models.calls(),
    modelCallsNeeded: ids.length * modelCallsPerRun,
    seconds: (Date.now() - began) / 1000,
    problems,
  };
}

/**
 * Kills each role in turn, each time when nearly all starts of a share were accepted, and lets the next share in while the role is
 * down: so at every kill runs are under way, however long a restart takes. Resolves to how many were, summed over the kills.
 */
async function harass(system: System, load: Load, workflowId: string, options: CrashOptions): Promise<number> {
  const { runs, kills, log } = options;
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
    const underWay = await countUnderWay(system.api, workflowId);
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
async function countUnderWay(api: ApiClient, workflowId: string): Promise<number> {
  const query = { workflow_id: workflowId, status: ['pending', 'running'], limit: '100' };
  const page = await api.send<Page<Run>>('/api/v1/runs', { query }).catch(() => undefined);
  return page?.items.length ?? 0;
}

/** All runs of the workflow, when none of them goes on. A run that never ends is left for the checker to complain of. */
async function untilAllEnded(api: ApiClient, workflowId: string): Promise<Run[]> {
  const listAll = () =>
    readPages((cursor) =>
      untilAnswered('the list of runs', () =>
        api.send<Page<Run>>('/api/v1/runs', { query: { workflow_id: workflowId, limit: '100', cursor } }),
      ),
    );
  const allEnded = async () => {
    const all = await listAll();
    return all.every(({ status }) => hasEnded(status)) ? all : undefined;
  };
  return eventually('every run to end', allEnded, endLimitMs).catch(listAll);
}

/** The run and, when it has ended, its history; nothing when there is no such run. */
async function readRecord(api: ApiClient, id: string): Promise<RunRecord | undefined> {
  const run = await api.send<RunRecord['run']>(`/api/v1/runs/${id}`).catch((error: unknown) => {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  });
  if (!run) return undefined;
  const events: RunRecord['events'][number][] = [];
  if (!hasEnded(run.status)) return { run, events };
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
