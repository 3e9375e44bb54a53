/** How much there is of an end user, by kind. */
export type Found = Readonly<Record<string, number>>;

/** A wish to forget an end user, what was found, and what has become of it. */
export interface Erasure {
  readonly id: string;
  /** Orders them; newer ones have higher numbers. */
  readonly number: number;
  readonly tenantId: string;
  /** As callers name them; empty once it is done, since the report must not be what remembers them. */
  readonly endUser: string;
  /** Follows from the name, so that a report can be found by whoever knows that. */
  readonly subject: string;
  /** Only what is of this workflow; empty for everything. */
  readonly workflowId: string;
  /** Only looks. */
  readonly dryRun: boolean;
  readonly status: 'running' | 'completed';
  /** Absent until it was looked. */
  readonly found?: Found;
  /** What is left of it; absent until it is done. */
  readonly left?: Found;
  /** Runs that were under way and had to be cancelled. */
  readonly cancelledRuns: number;
  /** What went wrong the last time; it is tried again until nothing does. Empty otherwise. */
  readonly error: string;
  readonly createdAt: Date;
  readonly finishedAt?: Date;
}

export type NewErasure = Pick<Erasure, 'id' | 'tenantId' | 'endUser' | 'subject' | 'workflowId' | 'dryRun'>;
export type ErasureProgress = Partial<Pick<Erasure, 'found' | 'left' | 'cancelledRuns' | 'error' | 'status'>>;

/** Calls may throw FailureError `unavailable`. */
export interface ErasureStore {
  /** @returns it, or the one of the same end user that is under way. */
  add(erasure: NewErasure): Promise<Erasure>;
  get(tenantId: string, id: string): Promise<Erasure | undefined>;
  /** Newest first, below a number where it is not 0. */
  list(tenantId: string, below: number, limit: number): Promise<readonly Erasure[]>;
  /** Takes one that is under way and that nobody has worked on for a while. */
  claim(leaseMs: number): Promise<Erasure | undefined>;
  /** Writes down how far it is, and keeps it for so long. Completing it forgets the name. */
  save(erasure: Erasure, progress: ErasureProgress, leaseMs: number): Promise<Erasure>;
  /** The gateway's own record of whom callers named. */
  countEndUsers(erasure: Erasure): Promise<number>;
  removeEndUsers(erasure: Erasure): Promise<void>;
}
