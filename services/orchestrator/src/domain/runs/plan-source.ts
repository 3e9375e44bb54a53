import type { Plan } from '@treadle/workflow';

export interface PlanId {
  readonly tenantId: string;
  readonly workflowId: string;
  readonly version: number;
}

/** Compiled plans by version. A version never changes, so neither does its plan. */
export interface PlanSource {
  /** @throws FailureError `workflow_not_runnable` naming the nodes at fault, `not_found`, `unavailable`. */
  plan(id: PlanId): Promise<Plan>;
}
