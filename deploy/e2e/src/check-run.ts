import { type ApiEvent, hasEnded, type Run } from '@treadle/cli';
import type { Expectation } from './scenarios/scenario.js';

/** What was read about one run through the public API. */
export interface RunRecord {
  readonly run: Run & { readonly last_sequence: number };
  /** All of its events but the text. */
  readonly events: readonly ApiEvent[];
}

const terminal = new Set(['run-completed', 'run-failed', 'run-cancelled']);

const show = (value: unknown) => JSON.stringify(value);

/** Everything about a run that is not as promised, as sentences. */
export function checkRun(record: RunRecord, expected: Expectation): string[] {
  const { run } = record;
  if (!hasEnded(run.status)) return [`run ${run.id}: it is still ${run.status}: ${statesOf(run)}`];
  return [
    ...checkOrder(record),
    ...checkEnd(record, expected),
    ...checkResults(record),
    ...checkNodes(record, expected),
    ...checkCounts(record, expected),
  ].map((problem) => `run ${record.run.id}: ${problem}`);
}

function statesOf({ node_runs = [] }: Run): string {
  return node_runs.map(({ key, status }) => `${key} ${status}`).join(', ');
}

/** The history is numbered from 1 without gaps and begins with the start. */
function checkOrder({ run, events }: RunRecord): string[] {
  const problems = events.flatMap(({ type, data }, index) =>
    data['sequence'] === index + 1 ? [] : [`event ${index + 1} (${type}) is numbered ${String(data['sequence'])}`],
  );
  if (events[0]?.type !== 'run-started') problems.push(`the first event is ${events[0]?.type ?? 'absent'}`);
  if (run.last_sequence !== events.length)
    problems.push(`the run counts ${run.last_sequence} events, its history has ${events.length}`);
  return problems;
}

/** Exactly one terminal event, the last, and the end that was to be. */
function checkEnd({ run, events }: RunRecord, { status, outputs = {}, failureCode }: Expectation): string[] {
  const problems: string[] = [];
  const ends = events.filter(({ type }) => terminal.has(type));
  if (ends.length !== 1) problems.push(`${ends.length} terminal events`);
  if (events.at(-1)?.type !== `run-${status}`) problems.push(`the last event is ${events.at(-1)?.type ?? 'absent'}`);
  const { failure } = run;
  if (run.status !== status || (failureCode !== undefined && failure?.code !== failureCode))
    problems.push(`it is ${run.status}${failure ? `: ${failure.message} [${failure.code}]` : ''}`);
  return [...problems, ...differences('run', run.outputs, outputs)];
}

/** Every scheduled attempt has at most one committed result (exactly one in a completed run), and nothing has a result that was not scheduled. */
function checkResults({ run, events }: RunRecord): string[] {
  const scheduled = new Map<string, number>();
  const results = new Map<string, number>();
  const add = (counts: Map<string, number>, key: unknown, attempt: unknown) => {
    const name = `${String(key)} attempt ${typeof attempt === 'number' ? attempt : 'none'}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  };
  for (const { type, data } of events) {
    if (type === 'node-scheduled') add(scheduled, data['key'], data['attempt']);
    if (type === 'node-completed' || type === 'node-failed') add(results, data['key'], data['attempt']);
    // Names the attempt to come; the one before is over.
    if (type === 'node-retry-scheduled') add(results, data['key'], Number(data['attempt']) - 1);
  }
  const twice = [...results].filter(([, count]) => count > 1).map(([name]) => `${name} has more than one result`);
  const again = [...scheduled].filter(([, count]) => count > 1).map(([name]) => `${name} was scheduled more than once`);
  const mustEnd = run.status === 'completed' ? [...scheduled.keys()] : [];
  const open = mustEnd.filter((name) => !results.has(name)).map((name) => `${name} has no result`);
  const unasked = [...results.keys()].filter((name) => !name.endsWith(' none') && !scheduled.has(name));
  return [...twice, ...again, ...open, ...unasked.map((name) => `${name} has a result but was not scheduled`)];
}

/** Each node gave what it must, once; the branch that was not taken was skipped. */
function checkNodes({ events }: RunRecord, { nodes = {} }: Expectation): string[] {
  return Object.entries(nodes).flatMap(([id, expected]) => {
    const completions = events.filter(({ type, data }) => type === 'node-completed' && data['key'] === id);
    const isSkip = ({ type, data }: ApiEvent) => type === 'nodes-skipped' && (data['keys'] as string[]).includes(id);
    const skips = events.filter(isSkip).length;
    const [wantedCompletions, wantedSkips] = expected === undefined ? [0, 1] : [1, 0];
    const wrong = completions.length !== wantedCompletions || skips !== wantedSkips;
    return [
      ...(wrong ? [`node ${id} completed ${completions.length} times and was skipped ${skips} times`] : []),
      ...completions.flatMap(({ data }) => differences(id, data['outputs'], expected)),
    ];
  });
}

function checkCounts({ events }: RunRecord, expected: Expectation): string[] {
  return Object.entries(expected.events ?? {}).flatMap(([wanted, count]) => {
    const seen = events.filter(({ type }) => type === wanted).length;
    return seen === count ? [] : [`${seen} events ${wanted}, not ${count}`];
  });
}

function differences(of: string, actual: unknown, expected: Readonly<Record<string, unknown>> = {}): string[] {
  const values = (actual ?? {}) as Readonly<Record<string, unknown>>;
  return Object.entries(expected).flatMap(([name, value]) =>
    show(values[name]) === show(value) ? [] : [`${of}.${name} is ${show(values[name])}, not ${show(value)}`],
  );
}
