import type { File } from '@treadle/contracts';
import { type TenantTables, withDatabase } from '@treadle/persistence';
import type { Selectable } from 'kysely';
import type { FileRepository } from '../domain/files/files.js';
import type { Database, FilesTable } from './database.js';

export class KyselyFileRepository implements FileRepository {
  constructor(private readonly tables: TenantTables<Database>) {}

  async add(
    tenantId: string,
    { id, name, extension, mediaType, kind, bytes, sha256, createdUnixMs, user = '' }: File,
  ): Promise<void> {
    const facts = { id, name, extension, media_type: mediaType, kind, bytes, sha256 };
    const row = { ...facts, tenant_id: tenantId, end_user: user, created_at: new Date(createdUnixMs) };
    await withDatabase(() =>
      this.tables
        .of(tenantId)
        .insertInto('files')
        .values(row)
        .onConflict((conflict) => conflict.column('id').doNothing())
        .execute(),
    );
  }

  async find(tenantId: string, ids: readonly string[], user = ''): Promise<File[]> {
    let query = this.tables
      .of(tenantId)
      .selectFrom('files')
      .selectAll()
      .where('tenant_id', '=', tenantId)
      .where('id', 'in', ids);
    if (user !== '') query = query.where('end_user', 'in', ['', user]);
    const rows = await withDatabase(() => query.execute());
    return rows.map(fileOf);
  }

  async remove(tenantId: string, id: string): Promise<void> {
    await withDatabase(() =>
      this.tables.of(tenantId).deleteFrom('files').where('tenant_id', '=', tenantId).where('id', '=', id).execute(),
    );
  }
}

function fileOf({ created_at, media_type, end_user, bytes, ...row }: Selectable<FilesTable>): File {
  const { id, name, extension, kind, sha256 } = row;
  const facts = { id, name, extension, mediaType: media_type, kind, bytes: Number(bytes), sha256 };
  return { ...facts, createdUnixMs: created_at.getTime(), user: end_user };
}
