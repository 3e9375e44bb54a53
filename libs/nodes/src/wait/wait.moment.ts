import { type Failure, failure } from '@treadle/failure';
import { type Read, renderTextTemplate, type Settlement, type Waiting } from '@treadle/workflow';
import type { WaitConfig } from './wait.descriptor.js';

const unitSeconds = { second: 1, minute: 60, hour: 3600, day: 86_400 } as const;

/** Nobody means to wait longer; it keeps moments within what dates can hold. */
const longestDays = 3660;

/** A date and a time, with the zone that makes a moment of them. */
const momentPattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})$/;

export function waitFor(config: WaitConfig, read: Read, at: number): Waiting | { readonly failure: Failure } {
  const dueAt = config.mode === 'duration' ? afterDuration(config, read, at) : moment(config, read);
  if (typeof dueAt !== 'number') return { failure: dueAt };
  if (dueAt - at <= longestDays * 86_400_000) return { dueAt };
  return { failure: failure('limit_exceeded', `The node would wait longer than ${longestDays} days. Choose less.`) };
}

function afterDuration(
  { duration, unit }: Extract<WaitConfig, { mode: 'duration' }>,
  read: Read,
  at: number,
): number | Failure {
  const written = typeof duration === 'number' ? String(duration) : renderTextTemplate(duration, read).trim();
  const amount = written === '' ? Number.NaN : Number(written);
  if (Number.isFinite(amount) && amount >= 0) return at + Math.round(amount * unitSeconds[unit] * 1000);
  return failure('node_configuration', `"${written}" is no duration. Give a number of ${unit}s, not below 0.`);
}

function moment({ until }: Extract<WaitConfig, { mode: 'moment' }>, read: Read): number | Failure {
  const written = renderTextTemplate(until, read).trim();
  const dueAt = momentPattern.test(written) ? Date.parse(written) : Number.NaN;
  if (!Number.isNaN(dueAt)) return dueAt;
  return failure('node_configuration', `"${written}" is no moment. Write it like 2030-01-31T12:00:00Z.`);
}

export function elapsedWait({ dueAt = 0 }: Waiting): Settlement {
  return { outputs: { waited_until: new Date(dueAt).toISOString() } };
}
