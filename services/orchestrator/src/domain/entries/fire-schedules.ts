import { type Failure, toFailure } from '@treadle/failure';
import type { ScheduleConfig } from '@treadle/nodes';
import type { PlanSource } from '../runs/plan-source.js';
import { dueMoments } from './due-moments.js';
import { nextFireAt } from './entries.js';
import type { DueSchedule, FiredSchedule, ScheduleRepository } from './schedule.repository.js';

/** Begins the run of a schedule for a moment (milliseconds since the epoch), unless that moment has one already. */
export type BeginScheduled = (schedule: DueSchedule, moment: number) => Promise<void>;

export interface FireSchedulesOptions {
  readonly schedules: ScheduleRepository;
  readonly plans: PlanSource;
  readonly begin: BeginScheduled;
  /** The present, in milliseconds since the epoch. */
  readonly now: () => number;
  /** Told when moments were left out, or began no run. */
  readonly onTrouble: (schedule: DueSchedule, fired: FiredSchedule) => void;
}

/** How many schedules are taken at once. */
const batch = 50;

/** How many of the moments that have come are taken, by what the node says about those it missed. */
const limits: Readonly<Record<ScheduleConfig['catch_up'], number>> = { all: 100, latest: 1, none: 1 };

/** A moment that came longer ago counts as missed. */
const onTimeMs = 60_000;

/**
 * Begins runs at the moments of schedules. Any number of replicas may do so: a schedule is in one hand at a time, and a moment that
 * fell out of a dying hand finds its run begun by its key.
 */
export class FireSchedules {
  constructor(private readonly options: FireSchedulesOptions) {}

  /** Fires everything that is due. Called every second. Rejects with `unavailable` when the database is away. */
  async fireDue(): Promise<void> {
    const { schedules, now } = this.options;
    while ((await schedules.fireDue(now(), batch, (schedule) => this.fire(schedule))) === batch);
  }

  private async fire(schedule: DueSchedule): Promise<FiredSchedule> {
    const fired = await this.takeMoments(schedule);
    if (fired.dropped > 0 || fired.lastError !== '') this.options.onTrouble(schedule, fired);
    return fired;
  }

  private async takeMoments(schedule: DueSchedule): Promise<FiredSchedule> {
    try {
      const { moments, dropped } = await this.momentsOf(schedule);
      return await this.beginAll(schedule, moments, dropped);
    } catch (error) {
      const failure = toFailure(error);
      const nextFireAt = failure.retryable ? schedule.nextFireAt : this.after(schedule, this.options.now());
      return fired(nextFireAt, undefined, 0, failure);
    }
  }

  /** The moments to begin runs for, as the published version's node wants those that were missed. */
  private async momentsOf(schedule: DueSchedule): Promise<{ moments: readonly number[]; dropped: number }> {
    const now = this.options.now();
    const plan = await this.options.plans.plan(schedule);
    const { catch_up } = plan.nodes.get(schedule.nodeId)?.config as ScheduleConfig;
    const due = dueMoments((after) => this.after(schedule, after), schedule.nextFireAt, now, limits[catch_up]);
    if (catch_up !== 'none') return due;
    const moments = due.moments.filter((moment) => now - moment <= onTimeMs);
    return { moments, dropped: due.dropped + due.moments.length - moments.length };
  }

  /** Begins runs one after the other. What cannot begin now is tried again; what never can is passed over. */
  private async beginAll(schedule: DueSchedule, moments: readonly number[], dropped: number): Promise<FiredSchedule> {
    let lastFiredAt = schedule.lastFiredAt;
    let trouble: Failure | undefined;
    for (const moment of moments) {
      try {
        await this.options.begin(schedule, moment);
        lastFiredAt = moment;
        trouble = undefined;
      } catch (error) {
        trouble = toFailure(error);
        if (trouble.retryable) return fired(moment, lastFiredAt, dropped, trouble);
      }
    }
    // Counted from the moment taken, not from the present: one that came meanwhile is the next.
    return fired(this.after(schedule, moments.at(-1) ?? this.options.now()), lastFiredAt, dropped, trouble);
  }

  private after(schedule: DueSchedule, moment: number): number | undefined {
    return nextFireAt(schedule, moment);
  }
}

function fired(
  nextFireAt: number | undefined,
  lastFiredAt: number | undefined,
  dropped: number,
  trouble: Failure | undefined,
): FiredSchedule {
  return {
    ...(nextFireAt === undefined ? {} : { nextFireAt }),
    ...(lastFiredAt === undefined ? {} : { lastFiredAt }),
    dropped,
    lastError: trouble?.message ?? '',
  };
}
