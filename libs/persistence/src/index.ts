export { type Migration, type Migrations, migrate } from './migrate.js';
export { migratedOnly, migrateOnlyConfig } from './migrate-only.js';
export { migrationOf } from './migration-of.js';
export { OwnerLock } from './owner-lock.js';
export { createDatabase, createPool, type PoolLog, type PoolOptions } from './pool.js';
export { TenantTables, tenantRole } from './tenant-tables.js';
export { asUnavailable, withDatabase } from './unavailable.js';
export { ownTenant, wallTenants } from './wall-tenants.js';
