import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What no code of a user may ever see. */
export interface PlantedSecret {
  readonly text: string;
  /** A file that holds it. The environment variable `PLANTED` does too. */
  readonly path: string;
  remove(): void;
}

/** Plants a secret in this process, which is the host of every sandbox it starts. */
export function plantSecret(): PlantedSecret {
  const text = 'planted-4f1c6a';
  const folder = mkdtempSync('/var/tmp/treadle-escapes-');
  const path = join(folder, 'secret.txt');
  writeFileSync(path, text);
  process.env.PLANTED = text;
  return { text, path, remove: () => rmSync(folder, { recursive: true }) };
}
