import type { File } from '@treadle/contracts';
import { FailureError } from '@treadle/failure';
import {
  type FileInput,
  type FileKind,
  type FileValue,
  fileProblem,
  type InputProblem,
  type InputVariable,
  readFileInput,
  type StartConfig,
} from '@treadle/nodes';
import type { Json, JsonObject } from '@treadle/workflow';

/** Finds uploaded files of a tenant. */
export interface FileFinder {
  /** @param user leaves out those of other end users; empty leaves out none */
  find(tenantId: string, ids: readonly string[], user?: string): Promise<File[]>;
}

/** Most files that may come with what the user asked. */
const maxAttached = 50;

/** A place where the caller named a file. */
interface Named {
  /** Of the input; `files` for those that come with a question. */
  readonly field: string;
  readonly input: FileInput;
  readonly variable?: InputVariable;
}

/**
 * Puts files in the place of what callers name them by, once it is certain that they exist, are theirs and fit. Starts without files
 * ask nobody.
 * @param attached files that come with what the user asked
 * @throws FailureError `invalid_inputs` with every problem.
 */
export async function resolveFiles(
  finder: FileFinder,
  tenantId: string,
  { variables }: StartConfig,
  inputs: JsonObject,
  attached: readonly Json[],
): Promise<{ readonly inputs: JsonObject; readonly files: readonly FileValue[] }> {
  const fileVariables = variables.filter(
    ({ type, variable }) => isFileType(type) && (inputs[variable] ?? null) !== null,
  );
  if (fileVariables.length === 0 && attached.length === 0) return { inputs, files: [] };
  const problems: InputProblem[] = [];
  if (attached.length > maxAttached) {
    problems.push({
      field: 'files',
      message: `There are ${attached.length} files; at most ${maxAttached} are allowed.`,
    });
  }
  const readAll = (field: string, values: readonly Json[], variable?: InputVariable): Named[] =>
    values.flatMap((value) => {
      const input = readFileInput(value);
      if (!('problem' in input)) return [{ field, input, ...(variable ? { variable } : {}) }];
      problems.push({ field, message: `Input "${field}" ${input.problem}.` });
      return [];
    });
  const named = new Map(
    fileVariables.map((variable) => [
      variable.variable,
      readAll(variable.variable, [inputs[variable.variable] ?? null].flat() as readonly Json[], variable),
    ]),
  );
  const withQuestion = readAll('files', attached);
  const all = [...[...named.values()].flat(), ...withQuestion];
  const stored = await finder.find(
    tenantId,
    all.flatMap(({ input }) => ('id' in input ? [input.id] : [])),
  );
  const byId = new Map(stored.map((file) => [file.id, fileValue(file)]));
  const fit = (list: readonly Named[]) => list.flatMap((one) => fitting(one, byId, problems));
  const values = fileVariables.map(({ variable, type }) => {
    const files = fit(named.get(variable) ?? []);
    return [variable, type === 'file' ? (files[0] ?? null) : files] as const;
  });
  const files = fit(withQuestion);
  if (problems.length > 0) throw invalid(problems);
  return { inputs: { ...inputs, ...Object.fromEntries(values) }, files };
}

function isFileType(type: InputVariable['type']): boolean {
  return type === 'file' || type === 'file-list';
}

function fitting(
  { field, input, variable }: Named,
  byId: ReadonlyMap<string, FileValue>,
  problems: InputProblem[],
): FileValue[] {
  const file = 'file' in input ? input.file : byId.get(input.id);
  if (!file) {
    const message = `Input "${field}" names the file "${'id' in input ? input.id.slice(0, 100) : ''}", which does not exist. Upload it first.`;
    problems.push({ field, message });
    return [];
  }
  const problem = variable && fileProblem(variable, file);
  if (problem === undefined) return [file];
  problems.push({ field, message: `Input "${field}" ${problem}.` });
  return [];
}

function fileValue({ id, name, extension, mediaType, kind, bytes }: File): FileValue {
  return {
    type: kind as FileKind,
    name,
    size: bytes,
    mime_type: mediaType,
    extension: extension === '' ? '' : `.${extension}`,
    transfer_method: 'local_file',
    url: `/api/v1/files/${id}/content`,
    related_id: id,
  };
}

function invalid(problems: readonly InputProblem[]): FailureError {
  const [first] = problems;
  const field = first?.field === 'files' ? 'files' : `inputs.${first?.field ?? ''}`;
  return FailureError.of('invalid_inputs', first?.message ?? '', { field, details: { problems } });
}
