import type { Migrations } from '@treadle/persistence';
import { sql } from 'kysely';
import { identity } from './0002-identity.js';
import { rowLevelSecurity } from './0003-row-level-security.js';
import { audit } from './0004-audit.js';
import { rateLimits } from './0005-rate-limits.js';
import { endUsers } from './0006-end-users.js';
import { erasures } from './0007-erasures.js';
import { auditKeys } from './0008-audit-keys.js';

/** The gateway's own schema: who may come in. */
export const gatewaySchema = 'gateway';

export const gatewayMigrations: Migrations = {
  '0001-api-keys': {
    up: async (db) => {
      await sql`
        create table api_key (
          id integer generated always as identity primary key,
          hash text not null unique,
          prefix text not null,
          tenant_id text not null,
          created_at timestamptz not null default now(),
          last_used_at timestamptz,
          revoked_at timestamptz
        )`.execute(db);
    },
  },
  '0002-identity': identity,
  '0003-row-level-security': rowLevelSecurity,
  '0004-audit': audit,
  '0005-rate-limits': rateLimits,
  '0006-end-users': endUsers,
  '0007-erasures': erasures,
  '0008-audit-keys': auditKeys,
};
