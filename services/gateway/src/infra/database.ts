import type { ColumnType, Generated } from 'kysely';
import type { Rates } from '../domain/rate-limits/rate-limit.js';

/** Filled by the database where it is absent, and never changed. */
type Made = ColumnType<Date, Date | undefined, never>;

/** Computed by the database. */
type Read<T> = ColumnType<T, never, never>;

interface AuditEntryTable {
  tenant_id: string;
  seq: number;
  hash: string;
  /** The entry as canonical JSON; the rest is read from it by the database. */
  entry: string;
  at: Read<string>;
  actor: Read<string>;
  action: Read<string>;
  object_kind: Read<string>;
  object_id: Read<string>;
  outcome: Read<string>;
  begun: Read<number | null>;
}

interface ApiKeyTable {
  id: Generated<number>;
  hash: string;
  prefix: string;
  tenant_id: string;
  name: Generated<string>;
  /** Absent: all that an owner may. */
  scopes: string[] | null;
  workflow_id: string | null;
  dataset_id: string | null;
  created_by: Generated<string>;
  created_at: Made;
  last_used_at: Date | null;
  expires_at: Date | null;
  revoked_at: Date | null;
}

interface PersonTable {
  id: Generated<string>;
  email: string;
  name: string;
  /** Absent until the first invitation is accepted, and for who comes by OpenID Connect only. */
  password_hash: string | null;
  created_at: Made;
}

interface MembershipTable {
  tenant_id: string;
  user_id: string;
  /** A built-in role or one of the table. */
  role: string;
  created_at: Made;
  accepted_at: Date | null;
  disabled_at: Date | null;
  last_sign_in_at: Date | null;
}

interface SessionTable {
  id: Generated<string>;
  tenant_id: string;
  user_id: string;
  refresh_hash: string;
  address: string;
  agent: string;
  created_at: Made;
  refreshed_at: ColumnType<Date, Date | undefined, Date>;
  expires_at: Date;
  ended_at: Date | null;
}

export interface ErasureTable {
  id: string;
  /** Read as text: it is a bigint. */
  number: ColumnType<string, never, never>;
  tenant_id: string;
  end_user: string;
  subject: string;
  workflow_id: string;
  dry_run: boolean;
  status: Generated<'running' | 'completed'>;
  found: ColumnType<Readonly<Record<string, number>> | null, string | undefined, string>;
  remaining: ColumnType<Readonly<Record<string, number>> | null, string | undefined, string>;
  cancelled_runs: Generated<number>;
  error: Generated<string>;
  created_at: Made;
  finished_at: Date | null;
  due_at: ColumnType<Date, Date | undefined, Date>;
}

export interface Database {
  api_key: ApiKeyTable;
  audit_entry: AuditEntryTable;
  audit_head: { tenant_id: string; seq: number; hash: string };
  audit_segment: { tenant_id: string; first_seq: number; last_seq: number; last_hash: string; sealed_at: Made };
  end_user: { id: string; tenant_id: string; workflow_id: string; name: string; created_at: Made };
  erasure: ErasureTable;
  identity: { issuer: string; subject: string; user_id: string };
  invitation: { hash: string; tenant_id: string; user_id: string; resets_password: boolean; expires_at: Date };
  membership: MembershipTable;
  open_id_attempt: {
    state_hash: string;
    binder_hash: string;
    nonce: string;
    verifier: string;
    redirect_uri: string;
    expires_at: Date;
  };
  rate_override: { scope: string; id: string; rates: Rates; changed_at: Made };
  organisation: { id: string; name: string; created_at: Made };
  person: PersonTable;
  role: { tenant_id: string; name: string; permissions: string[] };
  session: SessionTable;
  sign_in_attempt: { name: string; failures: number; last_at: Date; blocked_until: Date | null };
  signing_key: {
    kid: string;
    public_jwk: ColumnType<Record<string, unknown>, string, never>;
    sealed_private: string;
    signs_from: Date;
    signs_until: Date;
    kept_until: Date;
  };
  used_refresh: { hash: string; session_id: string };
}
