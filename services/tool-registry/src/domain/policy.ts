import { invalid } from './names.js';
import type { DiscoveredTool } from './toolset-kind.js';

/** What was saved for a tool, by its name: it holds for every version. Whatever is absent is as the source says, or the registry's default. */
export interface ToolPolicy {
  readonly mutating?: boolean | undefined;
  readonly needsApproval?: boolean | undefined;
  readonly repeatable?: boolean | undefined;
  readonly callsPerMinute?: number | undefined;
  readonly concurrency?: number | undefined;
  readonly timeoutMs?: number | undefined;
  /** Failures in a row; 0 never refuses. */
  readonly breakerFailures?: number | undefined;
}

/** What holds for the calls of a tool. */
export interface EffectivePolicy {
  readonly mutating: boolean;
  readonly needsApproval: boolean;
  readonly repeatable: boolean;
  readonly callsPerMinute: number | undefined;
  readonly concurrency: number | undefined;
  readonly timeoutMs: number;
  readonly breakerFailures: number;
}

export interface PolicyDefaults {
  readonly timeoutMs: number;
  readonly breakerFailures: number;
}

const mostTimeoutMs = 3_600_000;

export function effectivePolicy(tool: DiscoveredTool, saved: ToolPolicy, defaults: PolicyDefaults): EffectivePolicy {
  const mutating = saved.mutating ?? tool.mutating;
  return {
    mutating,
    needsApproval: saved.needsApproval ?? false,
    // A call that changes nothing may be made again at any time.
    repeatable: saved.repeatable ?? (tool.repeatable || !mutating),
    callsPerMinute: saved.callsPerMinute,
    concurrency: saved.concurrency,
    timeoutMs: saved.timeoutMs ?? defaults.timeoutMs,
    breakerFailures: saved.breakerFailures ?? defaults.breakerFailures,
  };
}

/** @throws FailureError `invalid_argument`. */
export function checkPolicy({ callsPerMinute, concurrency, timeoutMs, breakerFailures }: ToolPolicy): void {
  checkNumber('calls_per_minute', callsPerMinute, 1, 1_000_000);
  checkNumber('concurrency', concurrency, 1, 10_000);
  checkNumber('timeout_ms', timeoutMs, 1, mostTimeoutMs);
  checkNumber('breaker_failures', breakerFailures, 0, 1_000);
}

function checkNumber(field: string, value: number | undefined, least: number, most: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return;
  throw invalid(`policy.${field}`, `${field} is a whole number from ${least} to ${most}.`);
}
