import { StartRunRequest } from '@treadle/contracts';
import { type StartRunPorts, startRun } from '../runs/start-run.js';
import type { DueSchedule } from './schedule.repository.js';

/**
 * Begins the run of a schedule for a moment (milliseconds since the epoch). The moment is the key of the start, so that it has one
 * run whoever begins it, and however often.
 * @throws FailureError what a start throws.
 */
export async function beginScheduled(ports: StartRunPorts, schedule: DueSchedule, moment: number): Promise<void> {
  const { tenantId, workflowId, version, nodeId } = schedule;
  const scheduledAt = new Date(moment).toISOString();
  const request = StartRunRequest.fromPartial({
    tenantId,
    workflowId,
    version,
    // Spaces keep it apart from keys that callers choose.
    idempotencyKey: `schedule ${workflowId} ${nodeId} ${scheduledAt}`,
  });
  await startRun(ports, request, { entry: nodeId, inputs: { scheduled_at: scheduledAt } });
}
