import { readFile } from 'node:fs/promises';
import { text as readAll } from 'node:stream/consumers';
import { usageError } from './cli-error.js';

export type Inputs = Readonly<Record<string, unknown>>;

const assignment = /^([A-Za-z_][A-Za-z0-9_]*)(:?=)(.*)$/s;

/** One `--input` (or another option that is given so): `name=text`, or `name:=json`. Added to those before it. */
export function addInput(argument: string, before: Inputs = {}, option = '--input'): Inputs {
  const [, name, sign, value] = assignment.exec(argument) ?? [];
  if (name === undefined || value === undefined)
    throw usageError(`${option} takes name=text or name:=json, not "${argument}".`);
  return { ...before, [name]: sign === '=' ? value : parseJson(value, `${option} ${name}:=`) };
}

/** The inputs of a JSON file; `-` is standard input. */
export async function readInputsFile(file: string): Promise<Inputs> {
  return readJsonFile(file, '--inputs-file');
}

/** The JSON object in a file that an option names; `-` is standard input. */
export async function readJsonFile(file: string, option: string): Promise<Readonly<Record<string, unknown>>> {
  const value = parseJson(await readText(file), `${option} ${file}`);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw usageError(`${option} ${file} holds no JSON object.`);
  return { ...value };
}

/** A file's text; `-` is standard input. */
export async function readText(file: string): Promise<string> {
  if (file === '-') return readAll(process.stdin);
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw usageError(`${file} cannot be read (${error.code ?? error.message}).`);
  });
}

function parseJson(text: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw usageError(
      place.endsWith('=') ? `${place} is not JSON. Write name=text for a plain text.` : `${place} is not JSON.`,
    );
  }
}
