import { type TenantTables, withDatabase } from '@treadle/persistence';
import type { WorkflowDocument } from '@treadle/workflow';
import { type Kysely, type Selectable, sql } from 'kysely';
import type { NewEntries } from '../domain/entries/new-entries.js';
import type {
  NewVersion,
  PublishedRow,
  VersionRow,
  WorkflowRepository,
  WorkflowRow,
} from '../domain/workflows/workflow.repository.js';
import type { Database } from './database.js';
import { publishEntries } from './entries/publish-entries.js';

export class KyselyWorkflowRepository implements WorkflowRepository {
  constructor(private readonly tables: TenantTables<Database>) {}

  create(tenantId: string, id: string, name: string, version: NewVersion): Promise<WorkflowRow> {
    return withDatabase(() =>
      this.tables
        .of(tenantId)
        .transaction()
        .execute(async (transaction) => {
          const { description } = version.document;
          const workflow = await transaction
            .insertInto('workflows')
            .values({ id, tenant_id: tenantId, name, description, latest_version: 1, published_version: null })
            .returningAll()
            .executeTakeFirstOrThrow();
          await insertVersion(transaction, tenantId, id, 1, version);
          return workflowOf(workflow);
        }),
    );
  }

  addVersion(tenantId: string, id: string, version: NewVersion): Promise<WorkflowRow | undefined> {
    return withDatabase(() =>
      this.tables
        .of(tenantId)
        .transaction()
        .execute(async (transaction) => {
          // The row's lock puts two writers one after the other, so version numbers have no gaps.
          const workflow = await transaction
            .updateTable('workflows')
            .set((column) => ({ latest_version: column('latest_version', '+', 1), updated_at: sql<Date>`now()` }))
            .where('tenant_id', '=', tenantId)
            .where('id', '=', id)
            .returningAll()
            .executeTakeFirst();
          if (!workflow) return undefined;
          await insertVersion(transaction, tenantId, id, workflow.latest_version, version);
          return workflowOf(workflow);
        }),
    );
  }

  publish(tenantId: string, id: string, version: number, entries: NewEntries): Promise<PublishedRow | undefined> {
    return withDatabase(() =>
      this.tables
        .of(tenantId)
        .transaction()
        .execute(async (transaction) => {
          await transaction
            .updateTable('workflow_versions')
            .set({ published_at: new Date() })
            .where('tenant_id', '=', tenantId)
            .where('workflow_id', '=', id)
            .where('version', '=', version)
            .where('published_at', 'is', null)
            .execute();
          const workflow = await transaction
            .updateTable('workflows')
            .set({ published_version: version, updated_at: sql<Date>`now()` })
            .where('tenant_id', '=', tenantId)
            .where('id', '=', id)
            .returningAll()
            .executeTakeFirst();
          if (!workflow) return undefined;
          const webhooks = await publishEntries(transaction, { tenantId, workflowId: id, version }, entries);
          return { workflow: workflowOf(workflow), webhooks };
        }),
    );
  }

  async find(tenantId: string, id: string): Promise<WorkflowRow | undefined> {
    const query = this.tables
      .of(tenantId)
      .selectFrom('workflows')
      .selectAll()
      .where('tenant_id', '=', tenantId)
      .where('id', '=', id);
    const row = await withDatabase(() => query.executeTakeFirst());
    return row && workflowOf(row);
  }

  async findVersion(tenantId: string, id: string, version: number): Promise<VersionRow | undefined> {
    const row = await withDatabase(() =>
      this.tables
        .of(tenantId)
        .selectFrom('workflow_versions')
        .selectAll()
        .where('tenant_id', '=', tenantId)
        .where('workflow_id', '=', id)
        .where('version', '=', version)
        .executeTakeFirst(),
    );
    if (!row) return undefined;
    return { ...versionOf(row), document: JSON.parse(row.document) as WorkflowDocument, original: row.original };
  }

  async versions(tenantId: string, id: string): Promise<Omit<VersionRow, 'document' | 'original'>[]> {
    const rows = await withDatabase(() =>
      this.tables
        .of(tenantId)
        .selectFrom('workflow_versions')
        .select(['version', 'format', 'warnings', 'published_at', 'created_at'])
        .where('tenant_id', '=', tenantId)
        .where('workflow_id', '=', id)
        .orderBy('version', 'desc')
        .execute(),
    );
    return rows.map(versionOf);
  }

  async list(tenantId: string, before: string | undefined, limit: number): Promise<WorkflowRow[]> {
    const query = this.tables
      .of(tenantId)
      .selectFrom('workflows')
      .selectAll()
      .where('tenant_id', '=', tenantId)
      .$if(before !== undefined, (select) => select.where('id', '<', before ?? ''))
      .orderBy('id', 'desc')
      .limit(limit);
    return (await withDatabase(() => query.execute())).map(workflowOf);
  }
}

async function insertVersion(
  db: Kysely<Database>,
  tenantId: string,
  workflowId: string,
  version: number,
  content: NewVersion,
): Promise<void> {
  await db
    .insertInto('workflow_versions')
    .values({
      workflow_id: workflowId,
      version,
      tenant_id: tenantId,
      document: JSON.stringify(content.document),
      format: content.format,
      original: content.original,
      warnings: content.warningsJson,
      published_at: null,
    })
    .execute();
}

function workflowOf(row: Selectable<Database['workflows']>): WorkflowRow {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    latestVersion: row.latest_version,
    ...(row.published_version === null ? {} : { publishedVersion: row.published_version }),
    createdAt: row.created_at.getTime(),
    updatedAt: row.updated_at.getTime(),
  };
}

type VersionColumns = Pick<
  Selectable<Database['workflow_versions']>,
  'version' | 'format' | 'warnings' | 'published_at' | 'created_at'
>;

function versionOf(row: VersionColumns): Omit<VersionRow, 'document' | 'original'> {
  return {
    version: row.version,
    format: row.format,
    warningsJson: row.warnings,
    createdAt: row.created_at.getTime(),
    ...(row.published_at ? { publishedAt: row.published_at.getTime() } : {}),
  };
}
