import type { Migrations } from '@treadle/persistence';
import { setupTables } from './0001-setup.js';
import { spendingTables } from './0002-spending.js';
import { counterFunctions } from './0003-counter-functions.js';
import { reserveFunction } from './0004-reserve-function.js';
import { settleFunction } from './0005-settle-function.js';
import { responseCache } from './0007-response-cache.js';
import { setupRevisions } from './0008-setup-revisions.js';
import { mergedRepeats } from './0009-merged-repeats.js';
import { tenantWall } from './0010-tenant-wall.js';

/** The model proxy's own schema: what is set up, and what was spent. */
export const modelProxySchema = 'model_proxy';

export const modelProxyMigrations: Migrations = {
  '0001-setup': setupTables,
  '0002-spending': spendingTables,
  '0003-counter-functions': counterFunctions,
  '0004-reserve-function': reserveFunction,
  '0005-settle-function': settleFunction,
  '0007-response-cache': responseCache,
  '0008-setup-revisions': setupRevisions,
  '0009-merged-repeats': mergedRepeats,
  '0010-tenant-wall': tenantWall,
};
