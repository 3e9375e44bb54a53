import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The server's socket in its folder. The folder is private, so every server may use the default port number. */
export const socketName = '.s.PGSQL.5432';

/** sun_path holds 108 bytes on Linux and 104 on macOS, with a closing zero. */
const longestSocketPath = 103;

/**
 * Makes a folder only its owner may enter, with a path short enough for a socket.
 * It is never inside the data folder, whose path may be long.
 */
export function makeSocketFolder(): string {
  const wanted = join(tmpdir(), 'treadle-pg-');
  const fits = Buffer.byteLength(join(`${wanted}XXXXXX`, socketName)) <= longestSocketPath;
  return mkdtempSync(fits && openToAll(tmpdir()) ? wanted : '/tmp/treadle-pg-');
}

/** A root process may have a temporary folder that the server's user cannot reach. */
function openToAll(folder: string): boolean {
  if (process.getuid?.() !== 0) return true;
  return spawnSync('test', ['-x', folder], { uid: 65534, gid: 65534 }).status === 0;
}
