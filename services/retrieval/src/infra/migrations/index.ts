import type { Migrations } from '@treadle/persistence';
import { datasetTables } from './0001-datasets.js';
import { chunkTables } from './0002-chunks.js';
import { workTable } from './0003-work.js';
import { originTables } from './0004-origins.js';
import { upkeepTables } from './0005-upkeep.js';
import { turnColumns } from './0006-turns.js';
import { documentChunking } from './0007-document-chunking.js';
import { labelTables } from './0008-labels.js';
import { tenantWall } from './0009-tenant-wall.js';

/** Retrieval's own schema: datasets, documents, chunks and their vectors. */
export const retrievalSchema = 'retrieval';

export const retrievalMigrations: Migrations = {
  '0001-datasets': datasetTables,
  '0002-chunks': chunkTables,
  '0003-work': workTable,
  '0004-origins': originTables,
  '0005-upkeep': upkeepTables,
  '0006-turns': turnColumns,
  '0007-document-chunking': documentChunking,
  '0008-labels': labelTables,
  '0009-tenant-wall': tenantWall,
};
