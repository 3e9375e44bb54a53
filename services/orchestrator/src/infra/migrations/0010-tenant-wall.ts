import { type Migration, ownTenant, wallTenants } from '@treadle/persistence';

/** Through a table that has its own policy: it belongs to whom that belongs to. */
const through = (table: string, condition: string) => `exists (select from ${table} owner where ${condition})`;

/** The second wall. Partitions and leases belong to nobody; data keys are read before anybody is served. */
export const tenantWall: Migration = {
  up: (db) =>
    wallTenants(db, {
      approvals: ownTenant,
      conversation_variables: through('conversations', 'owner.id = conversation_id'),
      conversations: ownTenant,
      feedback: ownTenant,
      files: ownTenant,
      journal: through('runs', 'owner.id = run_id'),
      messages: through('conversations', 'owner.id = conversation_id'),
      runs: ownTenant,
      schedules: ownTenant,
      start_keys: ownTenant,
      webhooks: ownTenant,
      workflow_versions: ownTenant,
      workflows: ownTenant,
    }),
};
