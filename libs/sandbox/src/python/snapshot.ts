import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { preloadedModules } from './call-source.js';
import { programPath, pyodideFile } from './paths.js';

/** Python's memory after its start, in a file that every guest starts from. */
export interface Snapshot {
  readonly folder: string;
  readonly file: string;
}

/** Starts Python once to write its memory down; some seconds. Nobody else can write to the folder. */
export async function makeSnapshot(): Promise<Snapshot> {
  const folder = await mkdtemp(join(tmpdir(), 'treadle-python-'));
  const file = join(folder, 'snapshot.bin');
  const options = { pyodide: pyodideFile, snapshot: file, modules: preloadedModules };
  const program = programPath('pyodide-snapshot.process');
  await promisify(execFile)(process.execPath, [program, JSON.stringify(options)], { env: {} });
  return { folder, file };
}

/** Removes the file. Guests that run have read it already. */
export async function removeSnapshot({ folder }: Snapshot): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}
