import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { FileHandle } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { serverEnvironment } from './cluster.js';
import type { Identity } from './identity.js';
import { socketName } from './socket-folder.js';

/**
 * Runs the server as its child and reads a pipe that only our process holds open. When the pipe closes, because we asked
 * for it or because we died in any way, the server gets a fast shutdown, and after 2.5 s an immediate one, which loses
 * nothing committed. First argument: the socket folder, removed at the end. The rest: the server's command.
 */
const script = `
socket_folder=$1; shift
exec 3<&0 </dev/null
"$@" 3<&- >&2 &
server=$!
(
  exec >/dev/null
  while read -r _ <&3; do :; done
  kill -INT "$server" 2>/dev/null || exit 0
  tries=0
  while [ "$tries" -lt 25 ]; do
    kill -0 "$server" 2>/dev/null || exit 0
    sleep 0.1
    tries=$((tries + 1))
  done
  kill -QUIT "$server" 2>/dev/null
) &
watcher=$!
echo "$server"
wait "$server"
status=$?
kill "$watcher" 2>/dev/null
rm -f "$socket_folder/${socketName}" "$socket_folder/${socketName}.lock"
rmdir "$socket_folder" 2>/dev/null
exit "$status"
`;

/** A supervised server process. */
export interface Supervised {
  readonly serverPid: number;
  /** Resolves when server and supervisor have ended, with the server's exit status. */
  readonly ended: Promise<number | null>;
  /** Starts the shutdown. `ended` tells when it is over. */
  close(): void;
}

/**
 * Starts the server under its supervisor, in a session of its own: a terminal's Ctrl-C must not reach the database while
 * the services still finish their work.
 */
export async function supervise(
  command: readonly string[],
  socketFolder: string,
  identity: Identity,
  log: FileHandle,
): Promise<Supervised> {
  const child = spawn('sh', ['-c', script, 'treadle-postgres', socketFolder, ...identity.prefix, ...command], {
    ...identity.user,
    cwd: '/',
    detached: true,
    env: serverEnvironment(),
    stdio: ['pipe', 'pipe', log.fd],
  }) as ChildProcessByStdio<Socket, Socket, null>;
  const ended = endOf(child);
  const serverPid = await Promise.race([firstLine(child.stdout), ended]);
  for (const handle of [child, child.stdin, child.stdout]) handle.unref();
  const close = () => {
    // Whoever waits for the end needs the event loop to live that long.
    child.ref();
    child.stdin.destroy();
  };
  return { serverPid: Number(serverPid), ended, close };
}

async function firstLine(stream: Socket): Promise<string> {
  const [line] = (await once(stream, 'data')) as [Buffer];
  return line.toString();
}

function endOf(child: ChildProcessByStdio<Socket, Socket, null>): Promise<number | null> {
  return new Promise((resolve) => {
    child.once('exit', (status) => {
      child.stdin.destroy();
      resolve(status);
    });
    child.once('error', () => resolve(null));
  });
}
