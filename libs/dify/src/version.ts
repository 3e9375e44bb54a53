import type { Warnings } from './warnings.js';

/** The version of Dify's file format that this importer was written for. */
const known = { major: 0, minor: 6 };

/** Dify asks before it takes a newer file or one of an older major version; a file without version counts as 0.1.0. */
export function versionWarnings(version: string | undefined, warnings: Warnings): void {
  const given = version ?? '0.1.0';
  const [major, minor = 0] = given.split('.').map(Number);
  const tell = (message: string) => warnings.add('imported', 'extensions.dify.version', message);
  if (major === undefined || Number.isNaN(major) || Number.isNaN(minor)) {
    tell(`The file's version "${given}" cannot be read. Check the workflow before you publish it.`);
  } else if (major > known.major || (major === known.major && minor > known.minor)) {
    tell(
      `The file's version ${given} is newer than ${known.major}.${known.minor}, which this importer knows. Check the workflow before you publish it.`,
    );
  } else if (major < known.major || minor < known.minor) {
    tell(
      `The file's version ${given} is older than ${known.major}.${known.minor}; old spellings were brought up to date.`,
    );
  }
}
