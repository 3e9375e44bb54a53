import { type Migration, ownTenantOfMany, wallTenants } from '@treadle/persistence';

/** Through a table that has its own policy: it belongs to whom that belongs to. */
const through = (table: string, condition: string) => `exists (select from ${table} owner where ${condition})`;

/** The second wall. Rebuilds of the vector store are of a model's whole space, and of no tenant. */
export const tenantWall: Migration = {
  up: (db) =>
    wallTenants(db, {
      chunk: ownTenantOfMany,
      dataset: ownTenantOfMany,
      dataset_index: ownTenantOfMany,
      dataset_tag: through('dataset', 'owner.id = dataset_id'),
      document: ownTenantOfMany,
      document_part: through('document', 'owner.id = document_id'),
      document_version: through('document', 'owner.id = document_id'),
      document_work: ownTenantOfMany,
      metadata_field: through('dataset', 'owner.id = dataset_id'),
      point: through('dataset_index', 'owner.id = index_id'),
      removed_point: through('dataset_index', 'owner.id = index_id'),
      store_debt: ownTenantOfMany,
      tag: ownTenantOfMany,
    }),
};
