import { type ConfigOf, defineConfig, secretUrl, string } from '@treadle/config';

/** What standalone adds to the settings of the services it composes. */
export const standaloneConfig = defineConfig({
  dataDir: string({
    env: 'TREADLE_DATA_DIR',
    default: '.treadle',
    meaning: 'Folder that keeps the embedded PostgreSQL between starts. Not used when DATABASE_URL is set.',
  }),
  databaseUrl: secretUrl({
    env: 'DATABASE_URL',
    optional: true,
    schemes: ['postgres', 'postgresql'],
    meaning: 'A PostgreSQL (15 or newer) to use; without it standalone starts its own.',
  }),
});

export type StandaloneConfig = ConfigOf<typeof standaloneConfig>;
