/** The triggers of a version that is being published. */
export interface NewEntries {
  readonly webhooks: readonly NewWebhook[];
  readonly schedules: readonly NewSchedule[];
}

/** Taken as it is when its node had no webhook before; otherwise the node keeps id and secret. */
export interface NewWebhook {
  readonly id: string;
  readonly nodeId: string;
  readonly sealedSecret: string;
}

/** Its next moment is taken when its node had no such schedule, or one that was inactive or of other times. */
export interface NewSchedule {
  readonly id: string;
  readonly nodeId: string;
  readonly cron: string;
  readonly timezone: string;
  /** Milliseconds since the epoch; absent when none comes. */
  readonly nextFireAt?: number;
}
