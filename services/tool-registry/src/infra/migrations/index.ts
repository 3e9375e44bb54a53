import type { Migrations } from '@treadle/persistence';
import { toolTables } from './0001-tools.js';
import { callTables } from './0002-calls.js';
import { tenantWall } from './0003-tenant-wall.js';

/** The tool registry's own schema: what is registered, and what was called. */
export const toolRegistrySchema = 'tool_registry';

export const toolRegistryMigrations: Migrations = {
  '0001-tools': toolTables,
  '0002-calls': callTables,
  '0003-tenant-wall': tenantWall,
};
