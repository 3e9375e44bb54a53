import type { Migrations } from '@treadle/persistence';
import { workflowsAndRuns } from './0001-workflows-and-runs.js';
import { continuedRuns } from './0002-continued-runs.js';
import { conversations } from './0003-conversations.js';
import { approvals } from './0004-approvals.js';
import { entries } from './0005-entries.js';
import { files } from './0006-files.js';
import { retention } from './0007-retention.js';
import { keptOrigins } from './0008-kept-origins.js';
import { endUsers } from './0009-end-users.js';
import { tenantWall } from './0010-tenant-wall.js';
import { erasure } from './0011-erasure.js';
import { retentionByTenant } from './0012-retention-by-tenant.js';

/** By name, in order. A migration that has been released never changes. */
export const migrations: Migrations = {
  '0001-workflows-and-runs': workflowsAndRuns,
  '0002-continued-runs': continuedRuns,
  '0003-conversations': conversations,
  '0004-approvals': approvals,
  '0005-entries': entries,
  '0006-files': files,
  '0007-retention': retention,
  '0008-kept-origins': keptOrigins,
  '0009-end-users': endUsers,
  '0010-tenant-wall': tenantWall,
  '0011-erasure': erasure,
  '0012-retention-by-tenant': retentionByTenant,
};
