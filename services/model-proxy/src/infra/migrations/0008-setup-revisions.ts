import { migrationOf } from '@treadle/persistence';
import { sql } from 'kysely';

/** A provider that is deleted and made again must not look like the one before. */
export const setupRevisions = migrationOf(sql`
  create sequence setup_revision start 1000000;
  alter table provider alter revision set default nextval('setup_revision');
  alter table route alter revision set default nextval('setup_revision')`);
