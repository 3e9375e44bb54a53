import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** How to get it. */
export const natsInstallHint =
  'nats-server was not found. Install it: `apt-get install nats-server` on Debian or Ubuntu, `brew install nats-server` on macOS, or run the Docker image `nats` with `-js` and set NATS_URL.';

/** A real server with JetStream on a free port of this machine. */
export interface NatsServer {
  readonly url: string;
  /** Starts it again on the same port, with the same store or (`wipe`) with an empty one. Stops it first where it runs. */
  restart(options?: { readonly wipe?: boolean }): Promise<void>;
  /** Ends it as a crash does. The store stays. */
  kill(): Promise<void>;
  /** Ends it for good; a store of its own is deleted. */
  stop(): Promise<void>;
}

/** Where the program is, on PATH or in the usual places; `undefined` where it is not installed. */
export function findNatsServer(): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/bin'];
  return folders.filter(Boolean).map(inFolder).find(isProgram);
}

/** Starts a server and waits until it greets. Without `storeDir` it keeps its files in a folder of its own. @param options `arguments`: more for the program. */
export async function startNatsServer(
  options: { storeDir?: string; port?: number; arguments?: readonly string[] } = {},
): Promise<NatsServer> {
  const program = findNatsServer();
  if (program === undefined) throw new Error(natsInstallHint);
  const port = options.port ?? (await freePort());
  const more = options.arguments ?? [];
  const folders = [options.storeDir ?? (await newFolder())];
  const start = () =>
    runServer(program, ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', folders.at(-1) ?? '', ...more], port);
  let child = await start();
  return {
    url: `nats://127.0.0.1:${port}`,
    restart: async ({ wipe = false } = {}) => {
      await end(child, 'SIGTERM');
      if (wipe) folders.push(await newFolder());
      child = await start();
    },
    kill: () => end(child, 'SIGKILL'),
    stop: async () => {
      await end(child, 'SIGTERM');
      const own = folders.filter((folder) => folder !== options.storeDir);
      await Promise.all(own.map((folder) => rm(folder, { recursive: true, force: true })));
    },
  };
}

const inFolder = (folder: string) => join(folder, 'nats-server');

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const newFolder = () => mkdtemp(join(tmpdir(), 'treadle-nats-'));

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('The system gave no free port.');
  return address.port;
}

async function runServer(program: string, args: string[], port: number): Promise<ChildProcess> {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const killWithUs = () => child.kill('SIGKILL');
  process.once('exit', killWithUs);
  child.once('exit', () => process.removeListener('exit', killWithUs));
  let log = '';
  child.stderr.on('data', (text: Buffer) => {
    log = (log + text.toString()).slice(-4000);
  });
  while (!(await greets(port))) {
    if (hasEnded(child)) throw new Error(`nats-server ended instead of starting. It said:\n${log}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return child;
}

/** Whether a server sends its greeting on this port. */
function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const settle = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('data', () => settle(true));
    socket.once('error', () => settle(false));
    socket.once('close', () => settle(false));
  });
}

const hasEnded = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null;

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (hasEnded(child)) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await ended;
}
