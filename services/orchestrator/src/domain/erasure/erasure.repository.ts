/** An end user of a tenant, and which of their workflows this is about; an empty workflow is all of them. */
export interface ErasedUser {
  readonly tenantId: string;
  readonly user: string;
  readonly workflowId: string;
}

/** How much there is, by kind. */
export type Found = Readonly<Record<string, number>>;

/** Finds and deletes what is kept of an end user. Calls may throw FailureError `unavailable`. */
export interface ErasureRepository {
  survey(user: ErasedUser): Promise<Found>;
  /** Their runs and whatever continues these: those first that no other one continues. */
  runs(user: ErasedUser, skip: number, limit: number): Promise<string[]>;
  /** The same of these runs and whatever continues them; those that are there no more are left out. */
  runsFrom(tenantId: string, runIds: readonly string[], skip: number, limit: number): Promise<string[]>;
  /** Those of these runs that have not ended. */
  underWay(tenantId: string, runIds: readonly string[]): Promise<string[]>;
  /**
   * Deletes these runs with their journals, approvals, ratings, messages and start keys. Of those that were under way it stays on
   * record for a while that they were, since an executor may be at work for them yet.
   * @throws FailureError `unavailable` where a run that is not among them continues one of them
   */
  removeRuns(tenantId: string, runIds: readonly string[], underWay: readonly string[]): Promise<void>;
  /** Deletes conversations, at most so many. @returns how many */
  removeConversations(user: ErasedUser, limit: number): Promise<number>;
  /** Ids of uploaded files. */
  files(user: ErasedUser, limit: number): Promise<string[]>;
  /** Erased runs whose files are to be deleted once more by now. Each comes up three times: after a minute, ten and a hundred. */
  leftovers(limit: number): Promise<{ readonly tenantId: string; readonly runId: string }[]>;
}
