/** What an end user thinks of what a run has given them. Moments are in milliseconds since the epoch. */
export interface Feedback {
  readonly runId: string;
  readonly workflowId: string;
  /** Empty where the run belongs to none. */
  readonly conversationId: string;
  readonly user: string;
  readonly rating: 'like' | 'dislike';
  readonly content: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** One for each run, kept as long as the run is. */
export interface FeedbackRepository {
  /** Keeps it in the place of what was thought of the run before. */
  save(tenantId: string, feedback: Feedback): Promise<void>;
  remove(tenantId: string, runId: string): Promise<void>;
  /** Newest first. */
  list(tenantId: string, workflowId: string, skip: number, limit: number): Promise<Feedback[]>;
}
