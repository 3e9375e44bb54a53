import type { Migration } from '@treadle/persistence';
import { type Kysely, sql } from 'kysely';
import { tenantRole } from '../tenant-database.js';

const tenantTables = ['api_key', 'invitation', 'membership', 'role', 'session'];

/** Nothing is set while nobody knows yet whose request it is: a credential is looked up among those of all. */
const setting = `coalesce(current_setting('treadle.tenant', true), '')`;

/**
 * The second wall: a statement that runs for an organisation sees rows of that one only, whatever its conditions forget. Superusers
 * pass every policy, so such statements give up that power by taking on a role without any.
 */
export const rowLevelSecurity: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    const policies = new Map(tenantTables.map((table) => [table, `${setting} in ('', tenant_id)`]));
    policies.set('organisation', `${setting} in ('', id)`);
    // Through a table that has its own policy: a person is seen by the organisations they belong to.
    policies.set('person', `${setting} = '' or exists (select from membership where membership.user_id = person.id)`);
    for (const [table, condition] of policies) {
      await sql`alter table ${sql.id(table)} enable row level security`.execute(db);
      await sql`alter table ${sql.id(table)} force row level security`.execute(db);
      await sql`create policy own_tenant on ${sql.id(table)} using (${sql.raw(condition)})`.execute(db);
    }
    await makeRole(db, [...policies.keys()]);
  },
};

/** Where roles may not be made, the service's own user is no superuser, and the policies hold for it. */
async function makeRole(db: Kysely<unknown>, tables: readonly string[]): Promise<void> {
  const names = sql.raw(tables.join(', '));
  await sql`
    do $$
    declare mine text := current_schema();
    begin
      begin
        create role ${sql.id(tenantRole)} nologin;
      exception
        when duplicate_object or unique_violation then null;
      end;
      execute format('grant usage on schema %I to ${sql.raw(tenantRole)}', mine);
      grant select, insert, update, delete on ${names} to ${sql.id(tenantRole)};
    exception
      when insufficient_privilege then null;
    end $$`.execute(db);
}
