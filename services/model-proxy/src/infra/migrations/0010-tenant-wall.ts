import { type Migration, ownTenant, wallTenants } from '@treadle/persistence';

/** The second wall around what tenants set up and what they spent. Reservations are made by the owner of the tables, which it does not bind. */
export const tenantWall: Migration = {
  up: (db) =>
    wallTenants(db, {
      budget: ownTenant,
      budget_counter: 'exists (select from budget owner where owner.id = budget_id)',
      budget_event: ownTenant,
      price: ownTenant,
      provider: ownTenant,
      reservation: ownTenant,
      route: ownTenant,
      tenant_revision: ownTenant,
      usage_ledger: ownTenant,
    }),
};
