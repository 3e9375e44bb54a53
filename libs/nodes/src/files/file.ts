import { isJsonObject, type Json } from '@treadle/workflow';

/** What files are told apart by where an author says which are allowed. */
export const fileKinds = ['image', 'document', 'audio', 'video', 'custom'] as const;

export type FileKind = (typeof fileKinds)[number];

/** A file as nodes see it: facts and a reference, never its content. The names are those of imported workflows. */
export type FileValue = {
  readonly type: FileKind;
  readonly name: string;
  /** In bytes; null where only its server knows. */
  readonly size: number | null;
  /** Empty where it is not known. */
  readonly mime_type: string;
  /** With its dot (`.png`); empty where there is none. */
  readonly extension: string;
  /** `local_file` is one of ours, `remote_url` one that somebody else keeps. */
  readonly transfer_method: 'local_file' | 'remote_url';
  /** Where it can be fetched; a path of this API for a file of ours. */
  readonly url: string;
  /** The id of a file of ours; null for the others. */
  readonly related_id: string | null;
};

const extensionsByKind: Readonly<Record<Exclude<FileKind, 'custom'>, string>> = {
  image: 'jpg jpeg png gif webp svg',
  document: 'txt md mdx markdown pdf html htm xlsx xls doc docx csv eml msg pptx ppt xml epub json',
  audio: 'mp3 m4a wav amr mpga ogg flac',
  video: 'mp4 mov mpeg mpg webm',
};

const kindByExtension = new Map(
  Object.entries(extensionsByKind).flatMap(([kind, extensions]) =>
    extensions.split(' ').map((extension) => [extension, kind as FileKind] as const),
  ),
);

/** The kind of files with an extension (`png`, in any case); `custom` for those that are not listed. */
export function kindOfExtension(extension: string): FileKind {
  return kindByExtension.get(extension.toLowerCase()) ?? 'custom';
}

/** The last part of a name behind its dot, in lower case and without the dot; empty where there is none. */
export function extensionOf(name: string): string {
  return /\.([A-Za-z0-9]{1,10})$/.exec(name)?.[1]?.toLowerCase() ?? '';
}

/** What is known of a file that is kept here. */
export interface KeptFile {
  readonly id: string;
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: number;
  /** Where it can be fetched. */
  readonly url: string;
}

/** A file of ours as nodes see it. */
export function localFile({ id, name, mediaType, bytes, url }: KeptFile): FileValue {
  const extension = extensionOf(name);
  return {
    type: kindOfExtension(extension),
    name,
    size: bytes,
    mime_type: mediaType,
    extension: extension === '' ? '' : `.${extension}`,
    transfer_method: 'local_file',
    url,
    related_id: id,
  };
}

/** The value as a file; `undefined` for every other value. */
export function fileOf(value: Json | undefined): FileValue | undefined {
  if (!isJsonObject(value)) return undefined;
  const { type, transfer_method: method, related_id: id, url } = value;
  const isFile = fileKinds.some((kind) => kind === type) && typeof value['name'] === 'string';
  if (!isFile) return undefined;
  if (method === 'local_file' ? typeof id === 'string' : method === 'remote_url' && typeof url === 'string') {
    return value as FileValue;
  }
  return undefined;
}

/** All files of a value: a file or a list of them. */
export function filesOf(value: Json | undefined): FileValue[] {
  const values = Array.isArray(value) ? (value as readonly Json[]) : [value];
  return values.flatMap((item) => fileOf(item) ?? []);
}
