export { type Migration, type Migrations, migrate } from './migrate.js';
export { createDatabase, createPool, type PoolLog, type PoolOptions } from './pool.js';
export { asUnavailable, withDatabase } from './unavailable.js';
