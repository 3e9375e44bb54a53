import { once } from 'node:events';
import { createServer, connect as dial, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@treadle/embedded-postgres';
import { freePorts } from './free-ports.js';

/** A PostgreSQL on a port, which can be stopped and comes back at the same address with its data. */
export interface StoppablePostgres {
  readonly url: string;
  stop(): Promise<void>;
  start(): Promise<void>;
}

const socketName = '.s.PGSQL.5432';

/** @param dataDir keeps its data */
export async function startStoppablePostgres(dataDir: string): Promise<StoppablePostgres> {
  const [port = 0] = await freePorts(1);
  let server: EmbeddedPostgres | undefined;
  let door: Door | undefined;
  const start = async () => {
    server = await startEmbeddedPostgres({ dataDir });
    const folder = new URL(server.connectionString.replace('@/', '@localhost/')).searchParams.get('host') ?? '';
    door = await Door.open(port, join(folder, socketName));
  };
  await start();
  const user = new URL(server?.connectionString.replace('@/', '@localhost/') ?? '').username;
  return {
    url: `postgresql://${user}@127.0.0.1:${port}/postgres`,
    start,
    stop: async () => {
      await door?.close();
      await server?.stop();
    },
  };
}

/** Passes what comes to a port on to a socket. */
class Door {
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {}

  static async open(port: number, path: string): Promise<Door> {
    const server = createServer();
    const door = new Door(server);
    server.on('connection', (caller) => door.join(caller, dial(path)));
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return door;
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private join(one: Socket, other: Socket): void {
    for (const [from, to] of [
      [one, other],
      [other, one],
    ] as const) {
      this.sockets.add(from);
      from.setNoDelay(true);
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
    }
  }
}
