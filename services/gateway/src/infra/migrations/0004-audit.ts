import type { Migration } from '@treadle/persistence';
import { type Kysely, sql } from 'kysely';
import { tenantRole } from '../tenant-database.js';

/** What is asked for is read from the entry itself, so that a filter never tells anything but what the chain holds. */
const generated = (name: string, type: string, path: string, collation = '') =>
  sql`${sql.id(name)} ${sql.raw(`${type} ${collation}`)} generated always as ((entry::jsonb #>> ${sql.lit(path)})::${sql.raw(type)}) stored`;

const statements = [
  sql`
    create table audit_entry (
      tenant_id text not null,
      seq bigint not null,
      hash text not null,
      entry text not null,
      ${generated('at', 'text', '{at}', 'collate "C"')},
      ${generated('actor', 'text', '{actor,id}')},
      ${generated('action', 'text', '{action}')},
      ${generated('object_kind', 'text', '{object,kind}')},
      ${generated('object_id', 'text', '{object,id}')},
      ${generated('outcome', 'text', '{outcome}')},
      ${generated('begun', 'bigint', '{begun}')},
      primary key (tenant_id, seq)
    )`,
  sql`create index audit_entry_by_actor on audit_entry (tenant_id, actor, seq)`,
  sql`create index audit_entry_by_object on audit_entry (tenant_id, object_kind, object_id, seq)`,
  sql`create index audit_entry_by_time on audit_entry (tenant_id, at)`,
  sql`create index audit_entry_endings on audit_entry (tenant_id, begun) where begun is not null`,
  // The end of each chain; its row is the lock under which entries are added.
  sql`create table audit_head (tenant_id text primary key, seq bigint not null, hash text not null)`,
  // Stretches that were retired. The last one's end is where a chain begins now.
  sql`
    create table audit_segment (
      tenant_id text not null,
      first_seq bigint not null,
      last_seq bigint not null,
      last_hash text not null,
      sealed_at timestamptz not null default now(),
      primary key (tenant_id, first_seq),
      check (first_seq <= last_seq)
    )`,
  sql`
    create function audit_refuse() returns trigger language plpgsql set search_path from current as $$
    begin
      if tg_table_name = 'audit_entry' and tg_op = 'DELETE' then
        if exists (select from audit_segment where tenant_id = old.tenant_id and old.seq between first_seq and last_seq) then
          return old;
        end if;
      end if;
      raise exception '% is only ever added to', tg_table_name using errcode = '42501';
    end $$`,
  // A segment follows the one before, ends with the hash that its last entry has, and leaves the head.
  sql`
    create function audit_seal() returns trigger language plpgsql set search_path from current as $$
    begin
      if new.first_seq <> 1 + coalesce((select max(last_seq) from audit_segment where tenant_id = new.tenant_id), 0)
        or not exists (
          select from audit_entry where tenant_id = new.tenant_id and seq = new.last_seq and hash = new.last_hash)
        or new.last_seq >= (select seq from audit_head where tenant_id = new.tenant_id) then
        raise exception 'this is no segment of the chain' using errcode = '42501';
      end if;
      return new;
    end $$`,
  sql`create trigger added_to_only before update or delete on audit_entry for each row execute function audit_refuse()`,
  sql`create trigger never_emptied before truncate on audit_entry for each statement execute function audit_refuse()`,
  sql`create trigger added_to_only before update or delete on audit_segment for each row execute function audit_refuse()`,
  sql`create trigger never_emptied before truncate on audit_segment for each statement execute function audit_refuse()`,
  sql`create trigger sealed before insert on audit_segment for each row execute function audit_seal()`,
];

const tenantTables = ['audit_entry', 'audit_head', 'audit_segment'];

/** The record of who changed what: a chain for each organisation, which is added to and never changed. */
export const audit: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of statements) await statement.execute(db);
    for (const table of tenantTables) {
      await sql`alter table ${sql.id(table)} enable row level security`.execute(db);
      await sql`alter table ${sql.id(table)} force row level security`.execute(db);
      await sql`
        create policy own_tenant on ${sql.id(table)}
          using (coalesce(current_setting('treadle.tenant', true), '') in ('', tenant_id))`.execute(db);
    }
    await sql`
      do $$ begin
        grant select, insert on audit_entry, audit_segment to ${sql.id(tenantRole)};
        grant select, insert, update on audit_head to ${sql.id(tenantRole)};
      exception
        when insufficient_privilege or undefined_object then null;
      end $$`.execute(db);
  },
};
