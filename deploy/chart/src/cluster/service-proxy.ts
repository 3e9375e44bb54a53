import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A Service with an address of its own: each connection goes to one of the pods that are ready when it is made. */
export interface ServiceProxy {
  readonly port: number;
  close(): void;
}

/**
 * @param next where the next connection goes, as `[address, port]`; undefined refuses it
 * @param at where it listens; a free port by default
 */
export async function startServiceProxy(
  next: () => readonly [string, number] | undefined,
  at: { readonly host: string; readonly port: number } = { host: '127.0.0.1', port: 0 },
): Promise<ServiceProxy> {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const target = next();
    if (!target) return void client.destroy();
    const pod = connect({ host: target[0], port: target[1], allowHalfOpen: true });
    for (const [one, other] of [
      [client, pod],
      [pod, client],
    ] as const) {
      open.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => open.delete(one));
    }
  });
  server.listen(at.port, at.host);
  await once(server, 'listening');
  const close = () => {
    server.close();
    for (const socket of open) socket.destroy();
  };
  return { port: (server.address() as AddressInfo).port, close };
}
