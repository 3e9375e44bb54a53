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
import { eventually } from './eventually.js';
import type { Scenario } from './scenarios/scenario.js';
import { type Load, type Start, startLoad } from './start-load.js';
import { type System, untilAnswered } from './system.js';

export interface TrialOptions {
  /** Taken in turn. */
  readonly scenarios: readonly Scenario[];
  readonly runs: number;
  /** Starts each second. */
  readonly perSecond: number;
  /** How long after the last disturbance every run must have ended. */
  readonly endLimitMs: number;
  readonly log: (line: string) => void;
  /** Does what the system has to survive, and lets the starts in (`load.allow`). Resolves when it is over. */
  disturb(load: Load): Promise<void>;
}

export interface TrialReport {
  readonly accepted: number;
  readonly completed: number;
  readonly failed: number;
  readonly cancelled: number;
  /** Accepted, and then not to be found. */
  readonly lost: number;
  /** Runs nobody asked for: the same start, accepted twice. */
  readonly duplicates: number;
  /** Had not ended in time. */
  readonly stuck: number;
  readonly seconds: number;
  /** Everything that is not as promised. */
  readonly problems: readonly string[];
}

/** Starts runs on a fresh system while it is disturbed, waits until all have ended, and checks each through the public API. */
export async function trial({ api }: System, options: TrialOptions): Promise<TrialReport> {
  const began = Date.now();
  const { scenarios, runs, perSecond, log } = options;
  const starts = await makeStarts(api, scenarios, runs);
  const load = startLoad(api, starts, perSecond);
  const [ids] = await Promise.all([load.done, options.disturb(load)]);
  log(`${ids.length} accepted; waiting for the ends`);
  const all = await untilAllEnded(api, options.endLimitMs);
  log('reading every run and its history');
  const records = await inParallel(ids, 8, (id) => untilAnswered(`run ${id}`, () => readRecord(api, id)));
  const problems = records.flatMap((record, index) =>
    record ? check(record, scenarioAt(scenarios, index), index) : [`run ${ids[index]} was accepted and is lost`],
  );
  const known = new Set(ids);
  const duplicates = all.filter(({ id }) => !known.has(id)).length + (ids.length - known.size);
  if (duplicates > 0) problems.push(`${duplicates} runs are duplicates`);
  const count = (wanted: string) => all.filter(({ status }) => status === wanted).length;
  return {
    accepted: ids.length,
    completed: count('completed'),
    failed: count('failed'),
    cancelled: count('cancelled'),
    lost: records.filter((record) => record === undefined).length,
    duplicates,
    stuck: all.filter(({ status }) => !hasEnded(status)).length,
    seconds: Math.round((Date.now() - began) / 1000),
    problems,
  };
}

function scenarioAt(scenarios: readonly Scenario[], index: number): Scenario {
  const scenario = scenarios[index % scenarios.length];
  if (!scenario) throw new Error('There is no scenario.');
  return scenario;
}

const check = (record: RunRecord, scenario: Scenario, index: number) =>
  checkRun(record, scenario.expected(index)).map((problem) => `${scenario.name}: ${problem}`);

async function makeStarts(api: ApiClient, scenarios: readonly Scenario[], runs: number): Promise<Start[]> {
  const ids = new Map<string, string>();
  for (const { name, document } of scenarios) {
    const json = document((of) => ids.get(of) ?? '');
    const { id } = await api.send<ImportedWorkflow>('/api/v1/workflows', { method: 'POST', json });
    ids.set(name, id);
  }
  return Array.from({ length: runs }, (_, index) => {
    const { name, inputs, act } = scenarioAt(scenarios, index);
    return { workflowId: ids.get(name) ?? '', inputs: inputs(index), act };
  });
}

/** All runs, when none of them goes on. A run that never ends is left for the checker to complain of. */
async function untilAllEnded(api: ApiClient, limitMs: number): Promise<Run[]> {
  const pages =
    (query: Readonly<Record<string, string | readonly string[]>>) =>
    (cursor = '') =>
      untilAnswered('the list of runs', () =>
        api.send<Page<Run>>('/api/v1/runs', { query: { ...query, limit: '100', cursor } }),
      );
  const unfinished = pages({ status: ['pending', 'running', 'paused'] });
  const allEnded = async () => ((await unfinished()).items.length === 0 ? true : undefined);
  await eventually('every run to end', allEnded, limitMs).catch(() => undefined);
  return readPages(pages({}));
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
