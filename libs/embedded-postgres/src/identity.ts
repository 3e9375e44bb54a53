import { spawnSync } from 'node:child_process';
import { chown, stat } from 'node:fs/promises';
import { FailureError } from '@treadle/failure';
import type { Binaries } from './binaries.js';

/** As whom the server's programs run. PostgreSQL refuses to run as root. */
export interface Identity {
  /** Absent: as the user of this process. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** What to put before a command. */
  readonly prefix: readonly string[];
}

const nobody = { uid: 65534, gid: 65534 };
const asOurselves: Identity = { prefix: [] };
const asNobody: Identity = { user: nobody, prefix: [] };
/** In a user namespace our own files belong to `nobody`, who is not root and has a name on every system. */
const inNamespace: Identity = { prefix: ['unshare', '--user', `--map-user=${nobody.uid}`, '--'] };

/**
 * Decides who runs the server and hands that user the folders.
 * @param folders existing folders the server must be able to write to.
 * @throws FailureError `unavailable` when the programs do not run here at all, or the folders belong to somebody else.
 */
export async function chooseIdentity(binaries: Binaries, folders: readonly string[]): Promise<Identity> {
  const candidates = process.getuid?.() === 0 ? [asNobody, inNamespace] : [asOurselves, inNamespace];
  const reasons: string[] = [];
  for (const candidate of candidates) {
    const reason = await handOver(candidate, folders).then(
      () => whyNot(candidate, binaries, folders),
      (error: unknown) => String(error),
    );
    if (reason === undefined) return candidate;
    reasons.push(reason);
  }
  throw FailureError.of(
    'unavailable',
    `The embedded PostgreSQL cannot run here: ${reasons.join('; ')}. Start as the user who owns the data folder, or set DATABASE_URL.`,
    { retryable: false },
  );
}

/** As root, gives each folder with all it holds to the user who will run the server. */
async function handOver(identity: Identity, folders: readonly string[]): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = identity.user ?? { uid: 0, gid: 0 };
  for (const folder of folders) {
    if ((await stat(folder)).uid === uid) continue;
    const moved = spawnSync('chown', ['-R', `${uid}:${gid}`, folder], { encoding: 'utf8' });
    if (moved.status !== 0) await chown(folder, uid, gid);
  }
}

/** Run as the candidate: the programs start, initdb will find a user name, the folders can be written to. */
const trial = `
"$0" --version >/dev/null || exit 1
id -un >/dev/null 2>&1 || { echo "user $(id -u) has no name" >&2; exit 1; }
for folder; do
  test -w "$folder" && test -x "$folder" || { echo "user $(id -un) cannot write to $folder" >&2; exit 1; }
done
`;

/** Tries the real thing, because modes, mounts and namespaces cannot be reasoned about reliably. */
function whyNot(identity: Identity, binaries: Binaries, folders: readonly string[]): string | undefined {
  const [command = 'sh', ...rest] = [...identity.prefix, 'sh', '-c', trial, binaries.postgres, ...folders];
  const tried = spawnSync(command, rest, { ...identity.user, cwd: '/', encoding: 'utf8' });
  if (tried.status === 0) return undefined;
  return tried.error?.message ?? (tried.stderr.trim() || `${command} ended with ${tried.status}`);
}
