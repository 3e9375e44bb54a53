import type { Run } from '@treadle/contracts';
import { endUserId } from '../../domain/end-users.js';
import { runData, seconds } from './run.view.js';

/** A line of an app's log. */
export function logView(tenantId: string, run: Run) {
  const { id, status, error, elapsed_time, total_tokens, total_steps, created_at, finished_at } = runData(run);
  const user = run.user === '' ? null : endUserId(tenantId, run.workflowId, run.user);
  return {
    id,
    workflow_run: {
      ...{ id, status, error, elapsed_time, total_tokens, total_steps, created_at, finished_at },
      version: String(run.version),
      exceptions_count: status === 'failed' ? 0 : run.nodeRuns.filter((node) => node.status === 'failed').length,
      triggered_from: 'app-run',
    },
    details: null,
    created_from: 'service-api',
    created_by_role: user === null ? 'account' : 'end_user',
    created_by_account: null,
    created_by_end_user: user && { id: user, type: 'service_api', is_anonymous: false, session_id: run.user },
    created_at: seconds(run.createdUnixMs),
  };
}
