/** A schedule node of a published workflow. All moments are in milliseconds since the epoch. */
export interface ScheduleRow {
  readonly id: string;
  readonly tenantId: string;
  readonly workflowId: string;
  readonly nodeId: string;
  readonly version: number;
  readonly cron: string;
  readonly timezone: string;
  /** The first moment that no run was begun for; absent when none comes any more. */
  readonly nextFireAt?: number;
  /** The last moment that a run was begun for; absent before the first. */
  readonly lastFiredAt?: number;
  /** Whether the published version has it. */
  readonly active: boolean;
  readonly paused: boolean;
  /** Moments that were left out because nothing could run when they came. */
  readonly droppedCount: number;
  /** Why the last moment began no run; empty when it did. */
  readonly lastError: string;
}

/** A schedule whose moment has come. */
export type DueSchedule = ScheduleRow & { readonly nextFireAt: number };

/** What has become of a due schedule. */
export interface FiredSchedule {
  /** Absent when no moment comes any more. The one it had when the same moment is to be tried again. */
  readonly nextFireAt?: number;
  readonly lastFiredAt?: number;
  /** How many more moments were left out. */
  readonly dropped: number;
  readonly lastError: string;
}

/** Schedules as they are stored. They are made when a version is published, by the repository of workflows. */
export interface ScheduleRepository {
  /** By workflow and node, those of old versions included; an empty `workflowId` takes all. */
  list(tenantId: string, workflowId: string): Promise<ScheduleRow[]>;
  find(tenantId: string, id: string): Promise<ScheduleRow | undefined>;
  /** Pauses it, or lets it go on from `nextFireAt`; `undefined` when the tenant has no such schedule. */
  setPaused(
    tenantId: string,
    id: string,
    paused: boolean,
    nextFireAt: number | undefined,
  ): Promise<ScheduleRow | undefined>;
  /**
   * Fires those that are due at a moment, the longest due first, and stores what became of them. Nobody else gets them meanwhile; when
   * this process dies they are due as before. Gives how many have moved on to another moment.
   */
  fireDue(at: number, limit: number, fire: (schedule: DueSchedule) => Promise<FiredSchedule>): Promise<number>;
}
