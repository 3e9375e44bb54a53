import type { PoolClient } from 'pg';
import type { DocumentOrigin, ReadOrigin } from '../domain/text-source.js';

/** Characters of one part: what a worker holds of a text at a time. */
const partCharacters = 200_000;

export interface VersionRow {
  source: string;
  source_name: string;
  file_id: string;
  media_type: string;
}

/** Adds a version of a document; with its text, where that is given. */
export async function addVersion(
  client: PoolClient,
  documentId: string,
  version: number,
  origin: DocumentOrigin,
): Promise<void> {
  const [fileId, mediaType] = origin.source === 'file' ? [origin.fileId, origin.mediaType] : ['', ''];
  await client.query(
    `insert into document_version (document_id, version, source, source_name, file_id, media_type, is_read) values ($1, $2, $3, $4, $5, $6, $7)`,
    [documentId, version, origin.source, sourceNameOf(origin), fileId, mediaType, origin.source === 'text'],
  );
  if (origin.source === 'text') await keepText(client, documentId, version, origin.text);
}

/** Keeps the text of a version; the document tells where it came from unless there is a newer one. */
export async function keepText(client: PoolClient, documentId: string, version: number, text: string): Promise<void> {
  await writeParts(client, documentId, version, text);
  await client.query('update document_version set is_read = true where document_id = $1 and version = $2', [
    documentId,
    version,
  ]);
  await client.query(
    `update document d set characters = $3, source = v.source, source_name = v.source_name from document_version v
     where d.id = $1 and d.version = $2 and v.document_id = d.id and v.version = d.version`,
    [documentId, version, text.length],
  );
}

/** Drops the versions that nothing serves and nobody works on. */
export async function dropVersions(client: PoolClient, documentId: string): Promise<void> {
  await client.query(
    `delete from document_version v using document d where d.id = $1 and v.document_id = d.id and v.version <> d.version
       and not exists (select from document_work w where w.document_id = d.id and v.version in (w.served_version, w.document_version))`,
    [documentId],
  );
}

/** Where the newest text of a document comes from, to read or cut it once more. */
export async function originOfNewest(client: PoolClient, documentId: string): Promise<DocumentOrigin | undefined> {
  const { rows } = await client.query<VersionRow & { text: string }>(
    `select v.*, coalesce((select string_agg(p.content, '' order by p.part) from document_part p
       where p.document_id = v.document_id and p.version = v.version and v.source = 'text'), '') "text"
     from document_version v join document d on d.id = v.document_id and d.version = v.version where d.id = $1`,
    [documentId],
  );
  const [row] = rows;
  return row && (row.source === 'text' ? { source: 'text', text: row.text } : toReadOrigin(row));
}

export function sourceNameOf(origin: DocumentOrigin): string {
  if (origin.source === 'text') return '';
  return origin.source === 'file' ? origin.fileName : origin.url;
}

export function toReadOrigin({ source, source_name, file_id, media_type }: VersionRow): ReadOrigin {
  if (source === 'url') return { source, url: source_name };
  return { source: 'file', fileId: file_id, fileName: source_name, mediaType: media_type };
}

/** Parts end where a paragraph does, where one does; no chunk spans two. */
async function writeParts(client: PoolClient, documentId: string, version: number, text: string): Promise<void> {
  let part = 0;
  for (let at = 0; at < text.length; part += 1) {
    const end = endOfPart(text, at);
    const content = text.slice(at, end).replaceAll('\u0000', '').toWellFormed();
    const statement = 'insert into document_part (document_id, version, part, content) values ($1, $2, $3, $4)';
    await client.query(statement, [documentId, version, part, content]);
    at = end;
  }
}

function endOfPart(text: string, at: number): number {
  if (text.length - at <= partCharacters) return text.length;
  const paragraph = text.lastIndexOf('\n\n', at + partCharacters);
  if (paragraph > at + partCharacters / 2) return paragraph + 2;
  const word = text.lastIndexOf(' ', at + partCharacters);
  return word > at + partCharacters / 2 ? word + 1 : at + partCharacters;
}
