/** What the orchestrator needs to know of where it runs. */
export interface OrchestratorConfig {
  readonly maxLiveRuns: number;
  readonly partitionLeaseMs: number;
  readonly taskLeaseMs: number;
  readonly alone: boolean;
}
