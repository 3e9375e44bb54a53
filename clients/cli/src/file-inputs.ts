import type { ApiClient } from './api-client.js';
import { usageError } from './cli-error.js';
import type { Inputs } from './read-inputs.js';
import { uploadFiles } from './upload-files.js';

/** The files of `--file` options: the paths by the name of their input. */
export type FileOptions = Readonly<Record<string, readonly string[]>>;

const assignment = /^([A-Za-z_][A-Za-z0-9_]*)=(.+)$/s;

/** One `--file name=path`; the same name again makes a list of files. Added to those before it. */
export function addFile(argument: string, before: FileOptions = {}): FileOptions {
  const [, name, path] = assignment.exec(argument) ?? [];
  if (name === undefined || path === undefined) throw usageError(`--file takes name=path, not "${argument}".`);
  return { ...before, [name]: [...(before[name] ?? []), path] };
}

/** Uploads the files and names them as the workflow takes them: one, or a list where a name was given more than once. */
export async function uploadInputs(api: ApiClient, files: FileOptions, signal: AbortSignal): Promise<Inputs> {
  const inputs: [string, unknown][] = [];
  for (const [name, paths] of Object.entries(files)) {
    const uploaded = await uploadFiles(api, paths, signal);
    const named = uploaded.map(({ id }) => ({ file_id: id }));
    inputs.push([name, named.length === 1 ? named[0] : named]);
  }
  return Object.fromEntries(inputs);
}
