import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where this library is. */
export const packageFolder = fileURLToPath(new URL('..', import.meta.url));

/** A program beside this file, built or from source. */
export function programPath(name: string): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return fileURLToPath(new URL(`./${name}.${extension}`, import.meta.url));
}

/** What a program of this library may read: the library itself, and the packages installed for it. */
export function readableFolders(): string[] {
  const folders = [packageFolder];
  for (let folder = packageFolder; ; folder = dirname(folder)) {
    const packages = join(folder, 'node_modules');
    if (existsSync(packages)) folders.push(packages);
    if (folder === dirname(folder)) return folders;
  }
}
