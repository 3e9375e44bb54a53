import { join } from 'node:path';
import { readOrMakeKeyFile } from '@treadle/secrets';

/** The environment with a key for stored secrets: the given one, or one that is made at the first start and kept in the data folder. */
export function withKeyFile(environment: NodeJS.ProcessEnv, dataDir: string): NodeJS.ProcessEnv {
  if (environment['TREADLE_KEY_ENCRYPTION_KEY'] || environment['TREADLE_KEY_ENCRYPTION_KEY_FILE']) return environment;
  const path = join(dataDir, 'key-encryption-key');
  readOrMakeKeyFile(path);
  return { ...environment, TREADLE_KEY_ENCRYPTION_KEY_FILE: path };
}
