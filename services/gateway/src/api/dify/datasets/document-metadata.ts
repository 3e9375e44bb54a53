import type { Document, Field, ListFieldsResponse } from '@treadle/contracts';
import { seconds } from './page.js';

/** A document's metadata as Dify's clients read it: each field that has a value, and those of every document where these are shown. */
export function metadataView(document: Document, { fields, builtIn, showsBuiltIn }: ListFieldsResponse) {
  const given = JSON.parse(document.metadataJson) as Readonly<Record<string, string | number | null>>;
  const own = fields.filter(({ name }) => given[name] != null).map((field) => shown(field, given[field.name] ?? null));
  if (!showsBuiltIn) return own;
  const values: Readonly<Record<string, string | number>> = {
    document_name: document.name,
    source: document.source,
    upload_date: seconds(document.createdUnixMs),
    last_update_date: seconds(document.updatedUnixMs),
  };
  return [...own, ...builtIn.map((field) => shown({ ...field, id: 'built-in' }, values[field.name] ?? null))];
}

const shown = ({ id, name, type }: Field, value: string | number | null) => ({ id, name, type, value });
