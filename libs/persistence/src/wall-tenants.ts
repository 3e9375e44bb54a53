import { type Kysely, sql } from 'kysely';
import { tenantRole } from './walled-pool.js';

/** Empty while a statement runs for nobody in particular. */
const setting = `coalesce(current_setting('treadle.tenant', true), '')`;

/** Rows that name their tenant. */
export const ownTenant = `${setting} in ('', tenant_id)`;

/** As `ownTenant`, for tables of which a statement reads thousands of rows: whose they are to be is looked up once for each statement. */
export const ownTenantOfMany = `((select ${setting} = '') or tenant_id = (select ${setting}))`;

/**
 * A policy for each table, by its condition; for migrations. It holds for the role that statements for a tenant take on, and not for the owner
 * of the tables, whose statements for many tenants cost what they cost before. Only where there may be no such role (the service's user is
 * neither a superuser nor may it make roles, and nobody made the role for it) the policies hold for the owner too.
 */
export async function wallTenants(db: Kysely<unknown>, policies: Readonly<Record<string, string>>): Promise<void> {
  for (const [table, condition] of Object.entries(policies)) {
    await sql`alter table ${sql.id(table)} enable row level security`.execute(db);
    await sql`create policy own_tenant on ${sql.id(table)} using (${sql.raw(condition)})`.execute(db);
  }
  const tables = Object.keys(policies);
  await sql`
    do $$
    declare
      mine text := current_schema();
      wall text;
    begin
      begin
        create role ${sql.id(tenantRole)} nologin;
      exception
        when duplicate_object or unique_violation or insufficient_privilege then null;
      end;
      begin
        execute format('grant ${sql.raw(tenantRole)} to %I', current_user);
      exception
        when others then null;
      end;
      if coalesce((select pg_has_role(current_user, oid, 'member') from pg_roles where rolname = ${sql.lit(tenantRole)}), false) then
        execute format('grant usage on schema %I to ${sql.raw(tenantRole)}', mine);
        execute format('grant usage on all sequences in schema %I to ${sql.raw(tenantRole)}', mine);
        grant select, insert, update, delete on ${sql.raw(tables.join(', '))} to ${sql.id(tenantRole)};
      else
        foreach wall in array array[${sql.join(tables.map((table) => sql.lit(table)))}] loop
          execute format('alter table %I force row level security', wall);
        end loop;
      end if;
    end $$`.execute(db);
}
