import { type Migration, ownTenant, wallTenants } from '@treadle/persistence';

/** The second wall around toolsets, their credentials and the record of calls. */
export const tenantWall: Migration = {
  up: (db) =>
    wallTenants(db, {
      credential: ownTenant,
      tool: ownTenant,
      tool_call: ownTenant,
      tool_policy: ownTenant,
      tool_rate: ownTenant,
      toolset: ownTenant,
      toolset_version: ownTenant,
    }),
};
