import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where Pyodide is installed. */
export const pyodideFolder = dirname(createRequire(import.meta.url).resolve('pyodide/package.json'));
export const pyodideFile = join(pyodideFolder, 'pyodide.mjs');

/** Node looks here for what kind of modules our programs are. */
export const packageFile = fileURLToPath(new URL('../../package.json', import.meta.url));

/** A program beside this file, built or from source. */
export function programPath(name: string): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return fileURLToPath(new URL(`./${name}.${extension}`, import.meta.url));
}
