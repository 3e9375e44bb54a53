import type { Task } from '@treadle/contracts';

/** What names an effect outside: the same on every attempt, and in a run that resumes this one. Older orchestrators name the run only. */
export function effectKey({ effectsRunId, runId, nodeKey }: Task): string {
  return `${effectsRunId || runId}/${nodeKey}`;
}
