/** Narrows a question to one workflow, one end user, or both; what belongs to others is not there then. */
export interface Whose {
  readonly workflowId?: string;
  readonly user?: string;
}

/** As requests carry it: an empty name is none. */
export function whose({ workflowId, user }: Partial<Record<keyof Whose, string | undefined>>): Whose {
  return { ...(workflowId ? { workflowId } : {}), ...(user ? { user } : {}) };
}
