import { createHash } from 'node:crypto';
import type { Run, StartRunResponse } from '@treadle/contracts';
import { FailureError, toFailure } from '@treadle/failure';
import type { CallOptions } from '@treadle/grpc';
import { followRun } from '../streaming/follow-run.js';
import type { FeedSources } from '../streaming/run-feed.js';
import type { Runs } from './ports.js';

export type RunSources = FeedSources & { readonly runs: Runs };

/** A run whose start is committed. `repeated`: an idempotency key found one that began earlier. */
export interface AcceptedRun {
  readonly run: Run;
  readonly repeated: boolean;
}

/** A call that begins a run: it answers when that is certain and, if it waits, again when the run has ended or paused. */
export type BeginRun = (options?: CallOptions) => AsyncIterable<StartRunResponse>;

/** Begins a run and returns as soon as that is committed. */
export async function startRun(begin: BeginRun): Promise<AcceptedRun> {
  const answers = begin()[Symbol.asyncIterator]();
  const accepted = await acceptance(answers);
  // Nothing more is wanted; a close that fails means the stream was gone already.
  void answers.return?.().catch(() => undefined);
  return accepted;
}

/**
 * Begins a run and waits until it has ended or paused. Once the start is committed nothing is given up: when the orchestrator goes
 * away the run is followed wherever it continues. When `signal` fires the run goes on and is returned as it was accepted.
 * @param onAccepted told when the start is committed.
 */
export async function startAndWait(
  sources: RunSources,
  tenantId: string,
  begin: BeginRun,
  signal: AbortSignal,
  onAccepted: () => void = () => undefined,
): Promise<Run> {
  const answers = begin({ signal })[Symbol.asyncIterator]();
  const { run: accepted } = await acceptance(answers);
  onAccepted();
  if (isSettled(accepted)) return accepted;
  // A stream that breaks now has done its part: the run is followed instead.
  const finished = await nextRun(answers).catch(() => undefined);
  if (finished && isSettled(finished)) return finished;
  await followRun(sources, tenantId, accepted.id, signal);
  if (signal.aborted) return accepted;
  const { run } = await sources.runs.getRun({ tenantId, runId: accepted.id });
  return run ?? accepted;
}

/** Whether there is nothing to wait for. */
export function isSettled(run: Run): boolean {
  return isOver(run) || run.status === 'paused';
}

/** Whether it will never change again. */
export function isOver({ status }: Run): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled';
}

/** Names a request, so that an idempotency key used for another one is noticed: the order of keys does not matter. */
export function requestHash(request: unknown): string {
  return createHash('sha256').update(canonicalJson(request)).digest('base64url');
}

async function acceptance(answers: AsyncIterator<StartRunResponse>): Promise<AcceptedRun> {
  const first = await answers.next().catch((error: unknown) => {
    throw uncertain(error);
  });
  if (first.done || !first.value.run)
    throw uncertain(FailureError.of('unavailable', 'The orchestrator gave no answer.'));
  return { run: first.value.run, repeated: first.value.repeatedStart };
}

async function nextRun(answers: AsyncIterator<StartRunResponse>): Promise<Run | undefined> {
  const next = await answers.next();
  return next.done ? undefined : next.value.run;
}

/** The caller cannot know whether the run began; with a key it can ask again safely. */
function uncertain(error: unknown): unknown {
  const { code, message, retryAfterSeconds } = toFailure(error);
  if (code !== 'unavailable' && code !== 'deadline_exceeded' && code !== 'cancelled') return error;
  const hint = 'Repeat the request with an Idempotency-Key header: if the run had begun, you get that one.';
  return FailureError.of('unavailable', `The run may not have started: ${message}`, {
    retryAfterSeconds,
    details: { hint },
  });
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_name, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
