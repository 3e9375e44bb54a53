import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A program of a library, to be run as a guest. */
export interface Program {
  /** The file to run, built or from source. */
  readonly file: string;
  /** What it may read: its library, and the packages installed for it. */
  readonly readable: readonly string[];
}

/**
 * Finds a program beside a module.
 * @param moduleUrl the `import.meta.url` of a module in the `src` or `dist` folder of its library
 * @param name without its extension
 */
export function programBeside(moduleUrl: string, name: string): Program {
  const extension = moduleUrl.endsWith('.ts') ? 'ts' : 'js';
  const library = fileURLToPath(new URL('..', moduleUrl));
  return {
    file: fileURLToPath(new URL(`./${name}.${extension}`, moduleUrl)),
    readable: [library, ...packagesOf(library)],
  };
}

function packagesOf(library: string): string[] {
  const folders: string[] = [];
  for (let folder = library; ; folder = dirname(folder)) {
    const packages = join(folder, 'node_modules');
    if (existsSync(packages)) folders.push(packages);
    if (folder === dirname(folder)) return folders;
  }
}

/** The command that runs a program of Node which may read what it needs, write nothing, start nothing and make no code from text. */
export function nodeCommand(
  { file, readable }: Program,
  { argument, heapMb }: { readonly argument: unknown; readonly heapMb?: number },
): readonly [program: string, ...args: string[]] {
  return [
    process.execPath,
    '--permission',
    ...readable.map((folder) => `--allow-fs-read=${folder}`),
    '--disallow-code-generation-from-strings',
    '--disable-warning=SecurityWarning',
    ...(heapMb === undefined ? [] : [`--max-old-space-size=${heapMb}`]),
    file,
    JSON.stringify(argument),
  ];
}
