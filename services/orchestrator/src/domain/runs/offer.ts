import type { Task } from '@treadle/contracts';

/** An executor that has just reported would go on at once with another task of its pool. */
export interface Offer {
  readonly pool: string;
  /** What it is given; absent while nothing fits. */
  next?: Task;
}
