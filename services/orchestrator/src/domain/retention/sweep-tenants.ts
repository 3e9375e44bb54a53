import type { DeleteValues, Retention } from '../runs/retention.js';
import { effective, type RetentionDays, type RetentionSettings } from './retention-settings.js';

/** Deletes what is old of one tenant, a batch at a time. Moments are in milliseconds since the epoch. */
export interface TenantRetention extends Retention {
  /** Conversations whose last message is older, with their messages; none that a run is under way in or waits in. Gives their number. */
  removeConversations(tenantId: string, activeBefore: number, limit: number): Promise<number>;
  /** Ids of files that are older, but for those that a run was given that is not over. */
  oldFiles(tenantId: string, createdBefore: number, limit: number): Promise<readonly string[]>;
}

export interface TenantSweepPorts {
  readonly settings: RetentionSettings;
  readonly retention: TenantRetention;
  readonly installation: RetentionDays;
  /** How long after the end of its run a start key is kept, in hours. */
  readonly startKeyHours: number;
  readonly deleteValues: DeleteValues;
  readonly deleteFile: (tenantId: string, fileId: string) => Promise<void>;
}

const dayMs = 86_400_000;
const batch = 200;
/** A tenant with a lot to lose does not keep the others waiting for more than this. */
const mostBatches = 20;

/** Deletes what is older than its tenant wants. Runs only where a tenant has said how long; else those of all are swept together, elsewhere. */
export async function sweepTenants(ports: TenantSweepPorts, now: number): Promise<void> {
  const tenants = await ports.settings.tenants();
  const runsApart = tenants.some(({ own }) => own.runs !== undefined);
  for (const { tenantId, own } of tenants) {
    const days = effective(own, ports.installation);
    if (runsApart && days.runs > 0) await sweepRuns(ports, tenantId, days.runs, now);
    if (days.conversations > 0) {
      const before = now - days.conversations * dayMs;
      await repeat(() => ports.retention.removeConversations(tenantId, before, batch));
    }
    if (days.files > 0) await sweepFiles(ports, tenantId, now - days.files * dayMs);
  }
}

/** A key never outlives its run. */
async function sweepRuns(ports: TenantSweepPorts, tenantId: string, days: number, now: number): Promise<void> {
  const { retention, startKeyHours, deleteValues } = ports;
  const before = now - days * dayMs;
  if (days * 24 < startKeyHours) await repeat(() => retention.removeStartKeys(before, batch, tenantId));
  await repeat(async () => {
    const removed = await retention.removeRuns(before, batch, tenantId);
    await Promise.all(removed.map(deleteValues));
    return removed.length;
  });
}

function sweepFiles({ retention, deleteFile }: TenantSweepPorts, tenantId: string, before: number): Promise<void> {
  return repeat(async () => {
    const files = await retention.oldFiles(tenantId, before, batch);
    for (const fileId of files) await deleteFile(tenantId, fileId);
    return files.length;
  });
}

async function repeat(once: () => Promise<number>): Promise<void> {
  for (let times = 0; times < mostBatches; times++) if ((await once()) < batch) return;
}
