import { FailureError } from '@treadle/failure';
import type { Plan } from '@treadle/workflow';
import { describe, expect, it } from 'vitest';
import { FireSchedules } from './fire-schedules.js';
import type { DueSchedule, FiredSchedule, ScheduleRepository } from './schedule.repository.js';

const hourMs = 3_600_000;
const start = Date.parse('2026-05-01T10:00:00Z');

const due: DueSchedule = {
  id: 's',
  tenantId: 't',
  workflowId: 'w',
  nodeId: 'n',
  version: 1,
  cron: '@hourly',
  timezone: 'UTC',
  nextFireAt: start,
  active: true,
  paused: false,
  droppedCount: 0,
  lastError: '',
};

/** What becomes of the one schedule that is due three hours late, when beginning a run for a moment does as told. */
async function fired(begin: (moment: number) => Promise<void>, plan?: Error): Promise<FiredSchedule> {
  let outcome: FiredSchedule | undefined;
  const schedules = {
    fireDue: async (_at: number, _limit: number, fire: (schedule: DueSchedule) => Promise<FiredSchedule>) => {
      outcome = await fire(due);
      return 1;
    },
  } as Pick<ScheduleRepository, 'fireDue'> as ScheduleRepository;
  const nodes = new Map([['n', { config: { catch_up: 'all' } }]]);
  const plans = { plan: () => (plan ? Promise.reject(plan) : Promise.resolve({ nodes } as unknown as Plan)) };
  const now = () => start + 3 * hourMs;
  await new FireSchedules({
    schedules,
    plans,
    begin: (_, moment) => begin(moment),
    now,
    onTrouble: () => {},
  }).fireDue();
  return outcome!;
}

const away = FailureError.of('unavailable', 'too busy');
const broken = FailureError.of('workflow_not_runnable', 'node a is broken');

describe('a schedule that is due', () => {
  it('begins a run for each moment in turn, and goes on from the last', async () => {
    const begun: number[] = [];
    const outcome = await fired(async (moment) => void begun.push(moment));
    expect(begun).toEqual([0, 1, 2, 3].map((hours) => start + hours * hourMs));
    expect(outcome).toEqual({ nextFireAt: start + 4 * hourMs, lastFiredAt: begun.at(-1), dropped: 0, lastError: '' });
  });

  it('stays at a moment that cannot begin now', async () => {
    const outcome = await fired(async (moment) => {
      if (moment === start + hourMs) throw away;
    });
    expect(outcome).toEqual({ nextFireAt: start + hourMs, lastFiredAt: start, dropped: 0, lastError: 'too busy' });
  });

  it('passes over a moment that never can begin, and tells of it', async () => {
    const outcome = await fired(async (moment) => {
      if (moment > start) throw broken;
    });
    expect(outcome).toMatchObject({
      nextFireAt: start + 4 * hourMs,
      lastFiredAt: start,
      lastError: 'node a is broken',
    });
  });

  it('waits for a plan that cannot be read now, and moves on past one that does not exist', async () => {
    expect(await fired(async () => {}, away)).toMatchObject({ nextFireAt: start, lastError: 'too busy' });
    expect(await fired(async () => {}, broken)).toMatchObject({ nextFireAt: start + 4 * hourMs });
  });
});
