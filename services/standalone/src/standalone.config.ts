import { type ConfigOf, defineConfig, secretUrl, string } from '@treadle/config';

/** What standalone adds to the settings of the services it composes. */
export const standaloneConfig = defineConfig({
  dataDir: string({
    env: 'TREADLE_DATA_DIR',
    default: '.treadle',
    meaning:
      'Folder that keeps the embedded PostgreSQL and the files between starts, unless DATABASE_URL and FILES_URL name others.',
  }),
  databaseUrl: secretUrl({
    env: 'DATABASE_URL',
    optional: true,
    schemes: ['postgres', 'postgresql'],
    meaning: 'A PostgreSQL (15 or newer) to use; without it standalone starts its own.',
  }),
  filesUrl: secretUrl({
    env: 'FILES_URL',
    optional: true,
    schemes: ['file', 's3'],
    meaning: 'Where files and large values are kept instead: file:///folder or s3://bucket/prefix?region=&endpoint=.',
  }),
});

export type StandaloneConfig = ConfigOf<typeof standaloneConfig>;
