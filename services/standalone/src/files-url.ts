import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Where files are kept: at the given address, or in a folder below the data folder. */
export function filesUrlOr(given: string | undefined, dataDir: string): string {
  return given ?? pathToFileURL(resolve(dataDir, 'files')).href;
}
