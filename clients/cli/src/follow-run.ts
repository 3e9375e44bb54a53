import { setTimeout as delay } from 'node:timers/promises';
import type { ApiClient, ApiEvent } from './api-client.js';
import { ApiError, UnreachableError } from './api-error.js';
import { CliError } from './cli-error.js';
import { exitCodes } from './exit-codes.js';

export interface FollowOptions {
  /** Continues behind this event; absent starts at the beginning. */
  readonly lastEventId?: string;
  readonly signal?: AbortSignal;
  /** Told before each attempt to come back, from 1, with the pause before it in milliseconds. */
  readonly onReconnect?: (attempt: number, pauseMs: number) => void;
  /** Attempts in a row without any event before giving up; together they span more than a server's restart. */
  readonly maxAttempts?: number;
  /** The first pause; each following one is twice as long, up to ten times. */
  readonly firstPauseMs?: number;
}

const lastEvents = new Set(['run-completed', 'run-failed', 'run-cancelled']);

/**
 * The events of a run up to its end, across dropped connections and restarts of the server: comes back with the id of the last
 * event it saw, so nothing is missed and nothing comes twice.
 * @throws CliError when the server refuses, or stays away.
 */
export async function* followRun(
  api: ApiClient,
  runId: string,
  options: FollowOptions = {},
): AsyncGenerator<ApiEvent, void, undefined> {
  const { signal, onReconnect, maxAttempts = 12, firstPauseMs = 300 } = options;
  let { lastEventId } = options;
  for (let attempt = 0; ; attempt += 1) {
    if (attempt > maxAttempts) throw gaveUp(runId, maxAttempts);
    if (attempt > 0) {
      const pauseMs = Math.min(firstPauseMs * 2 ** (attempt - 1), firstPauseMs * 10);
      onReconnect?.(attempt, pauseMs);
      await delay(pauseMs, undefined, { signal });
    }
    try {
      for await (const event of api.events(eventsPath(runId), { headers: resumeHeader(lastEventId), signal })) {
        lastEventId = event.id ?? lastEventId;
        attempt = 0;
        yield event;
        if (lastEvents.has(event.type)) return;
      }
    } catch (error) {
      if (!mayReturn(error)) throw error;
    }
  }
}

export function eventsPath(runId: string): string {
  return `/api/v1/runs/${encodeURIComponent(runId)}/events`;
}

function resumeHeader(lastEventId: string | undefined): Record<string, string> {
  return lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
}

/** Whether coming back may help: nobody answered, the answer broke off, or the server is in trouble. */
function mayReturn(error: unknown): boolean {
  if (error instanceof ApiError) return error.status >= 500 || error.status === 429;
  return error instanceof UnreachableError;
}

function gaveUp(runId: string, attempts: number): CliError {
  return new CliError(
    `The stream of run ${runId} broke off and ${attempts} attempts to continue it failed. The run itself goes on: see \`treadle runs get ${runId}\`.`,
    exitCodes.unreachable,
  );
}
