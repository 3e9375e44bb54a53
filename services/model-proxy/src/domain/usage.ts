/** What usage can be grouped and filtered by. */
export const usageDimensions = [
  'api_key',
  'cached',
  'day',
  'hour',
  'model',
  'month',
  'node',
  'operation',
  'provider',
  'route',
  'run',
  'status',
  'workflow',
] as const;

export type UsageDimension = (typeof usageDimensions)[number];

export interface UsageQuestion {
  readonly tenantId: string;
  readonly from: Date;
  /** Not included. */
  readonly to: Date;
  readonly groupBy: readonly UsageDimension[];
  readonly filter: Readonly<Partial<Record<UsageDimension, string>>>;
  readonly limit: number;
}

export interface UsageSum {
  readonly group: Readonly<Record<string, string>>;
  readonly calls: number;
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  /** Without the calls of unknown price. */
  readonly costUsd: number;
  readonly unpricedCalls: number;
  readonly cachedCalls: number;
  readonly meanLatencyMs: number;
  readonly meanFirstTokenMs: number;
}

/** Sums over the ledger, the most expensive group first. May throw FailureError `unavailable`. */
export type QueryUsage = (question: UsageQuestion) => Promise<UsageSum[]>;
