import type { Migration } from '@treadle/persistence';
import { type Kysely, sql } from 'kysely';

/** The keys that sign checkpoints, and rotations of the encryption, which are done beside the gateway and recorded by it. */
export const auditKeys: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`
      create table audit_key (
        kid text primary key,
        sealed text not null,
        created_at timestamptz not null default now()
      )`.execute(db);
    await sql`
      create table encryption_rotation (
        id bigint generated always as identity primary key,
        rewrapped integer not null,
        lost integer not null,
        at timestamptz not null default now(),
        recorded_at timestamptz
      )`.execute(db);
  },
};
