import { FailureError } from '@treadle/failure';
import { type Insertable, type Kysely, sql } from 'kysely';
import type { Registration } from '../domain/toolset.js';
import type { Tables } from './tables.js';

/** Parameters of one statement are limited to 65,535. */
const rowsAtOnce = 1_000;

/** Inside a transaction: registrations of one toolset wait for each other. */
export async function registerToolset(
  transaction: Kysely<Tables>,
  tenantId: string,
  registration: Registration,
): Promise<{ version: number; changed: boolean }> {
  const { name, kind, description } = registration;
  const source = JSON.stringify(registration.source);
  const created = await transaction
    .insertInto('toolset')
    .values({
      tenant_id: tenantId,
      name,
      kind,
      description,
      source,
      serving_version: 1,
      candidate_share: 0,
      latest_version: 1,
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  if (created.numInsertedOrUpdatedRows) {
    await addVersion(transaction, tenantId, 1, registration);
    return { version: 1, changed: true };
  }
  const before = await newestVersion(transaction, tenantId, registration);
  const changed = before.hash !== registration.hash;
  const version = changed ? before.version + 1 : before.version;
  if (changed) await addVersion(transaction, tenantId, version, registration);
  await transaction
    .updateTable('toolset')
    .set({ description, source, latest_version: version, updated_at: sql`now()` })
    .$if(changed, (update) => update.set(routing(version, registration.share, before)))
    .where('tenant_id', '=', tenantId)
    .where('name', '=', name)
    .execute();
  return { version, changed };
}

function routing(version: number, share: number, before: { readonly serving: number }) {
  return share === 100
    ? { serving_version: version, previous_version: before.serving, candidate_version: null, candidate_share: 0 }
    : { candidate_version: version, candidate_share: share };
}

async function newestVersion(transaction: Kysely<Tables>, tenantId: string, { name, kind }: Registration) {
  const toolset = await transaction
    .selectFrom('toolset')
    .select(['kind', 'latest_version', 'serving_version'])
    .where('tenant_id', '=', tenantId)
    .where('name', '=', name)
    .forUpdate()
    .executeTakeFirstOrThrow();
  if (toolset.kind !== kind)
    throw FailureError.of(
      'already_exists',
      `The toolset "${name}" is of kind ${toolset.kind}. Delete it first, or register this source under another name.`,
      { field: 'kind' },
    );
  const { hash } = await transaction
    .selectFrom('toolset_version')
    .select('hash')
    .where('tenant_id', '=', tenantId)
    .where('toolset', '=', name)
    .where('version', '=', toolset.latest_version)
    .executeTakeFirstOrThrow();
  return { version: toolset.latest_version, serving: toolset.serving_version, hash };
}

async function addVersion(
  transaction: Kysely<Tables>,
  tenantId: string,
  version: number,
  { name, hash, discovery }: Registration,
): Promise<void> {
  const { tools, settings, hosts, warnings } = discovery;
  const key = { tenant_id: tenantId, toolset: name, version };
  await transaction
    .insertInto('toolset_version')
    .values({
      ...key,
      hash,
      settings: JSON.stringify(settings),
      hosts: [...hosts],
      warnings: [...warnings],
      tools: tools.length,
    })
    .execute();
  const rows = tools.map(
    (tool): Insertable<Tables['tool']> => ({
      ...key,
      name: tool.name,
      description: tool.description,
      parameters: JSON.stringify(tool.parameters),
      mutating: tool.mutating,
      repeatable: tool.repeatable,
      invocation: JSON.stringify(tool.invocation),
    }),
  );
  for (let from = 0; from < rows.length; from += rowsAtOnce)
    await transaction
      .insertInto('tool')
      .values(rows.slice(from, from + rowsAtOnce))
      .execute();
}
