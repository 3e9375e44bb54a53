/** What the executor needs to know of where it runs. */
export interface NodeExecutorConfig {
  readonly pools: readonly string[];
  readonly concurrency: number;
  readonly leaseSeconds: number;
  readonly shutdownGraceSeconds: number;
  readonly httpAllow: readonly string[];
}
