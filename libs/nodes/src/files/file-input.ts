import { isJsonObject, type Json } from '@treadle/workflow';
import type { InputVariable } from '../start/start.descriptor.js';
import { extensionOf, type FileKind, type FileValue, fileKinds, kindOfExtension } from './file.js';

/** A file as a caller names it: one that was uploaded before, or one to be fetched from elsewhere. */
export type FileInput = { readonly id: string } | { readonly file: FileValue };

/**
 * Reads `{ file_id }`, or as other clients write it `{ transfer_method: "local_file", upload_file_id }` and
 * `{ transfer_method: "remote_url", url, type? }`. What is wrong comes back as the end of a sentence about the input.
 */
export function readFileInput(value: Json): FileInput | { readonly problem: string } {
  if (!isJsonObject(value)) return { problem: 'must be a file, like {"file_id": "…"}' };
  const { transfer_method: method, file_id, upload_file_id, related_id, url, remote_url, type } = value;
  if (method === 'remote_url') return remoteFile(url ?? remote_url, type);
  const id = file_id ?? upload_file_id ?? related_id;
  if (typeof id === 'string' && id !== '') return { id };
  return { problem: 'names no file: give it "file_id", or "transfer_method": "remote_url" and "url"' };
}

/** What keeps a file out of a variable, as the end of a sentence; `undefined` when nothing does. */
export function fileProblem(variable: InputVariable, file: FileValue): string | undefined {
  const {
    allowed_file_types: types,
    allowed_file_extensions: extensions,
    allowed_file_upload_methods: methods,
  } = variable;
  if (methods?.length && !methods.includes(file.transfer_method)) {
    return `takes files by ${methods.join(' or ')}, not by ${file.transfer_method}`;
  }
  if (!types?.length || (file.type !== 'custom' && types.includes(file.type))) return undefined;
  const others = types.includes('custom') ? (extensions ?? []).map(withoutDot) : [];
  const isOther = others.length === 0 ? types.includes(file.type) : others.includes(withoutDot(file.extension));
  if (isOther) return undefined;
  const allowed = [...types.filter((kind) => kind !== 'custom'), ...others.map((extension) => `.${extension}`)];
  return `takes ${allowed.join(', ')}; "${file.name}" is ${file.type === 'custom' ? 'of another kind' : `of the kind ${file.type}`}`;
}

function remoteFile(url: Json | undefined, type: Json | undefined): FileInput | { readonly problem: string } {
  const name = typeof url === 'string' ? /^https?:\/\/[^/?#]+(?:[^?#]*\/)?([^/?#]*)/i.exec(url) : null;
  if (typeof url !== 'string' || !name) return { problem: 'must have an http or https address as "url"' };
  const extension = extensionOf(name[1] ?? '');
  const kind = fileKinds.find((known): known is FileKind => known === type) ?? kindOfExtension(extension);
  const file: FileValue = {
    type: kind,
    name: name[1] || 'file',
    size: null,
    mime_type: '',
    extension: extension === '' ? '' : `.${extension}`,
    transfer_method: 'remote_url',
    url,
    related_id: null,
  };
  return { file };
}

function withoutDot(extension: string): string {
  return extension.replace(/^\./, '').toLowerCase();
}
