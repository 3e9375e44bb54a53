import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server of a few things to do, each of which is done once for each idempotency key, as a good server does. */
export interface ToolServer {
  /** An OpenAPI document of it. */
  readonly document: object;
  /** The keys under which something was done, by the name of the operation, in order. */
  readonly done: ReadonlyMap<string, readonly string[]>;
  close(): Promise<void>;
}

/** @param onDone told of what has just been done for the first time, before it is answered */
export async function startToolServer(
  operations: readonly string[],
  onDone: (operation: string) => void,
): Promise<ToolServer> {
  const done = new Map<string, string[]>(operations.map((name) => [name, []]));
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    for await (const _ of request);
    const operation = (request.url ?? '').slice(1);
    const keys = done.get(operation);
    const key = String(request.headers['idempotency-key'] ?? '');
    if (keys && !keys.includes(key)) {
      keys.push(key);
      onDone(operation);
    }
    response.writeHead(keys ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ done: operation }));
  };
  const server = createServer((request, response) => void handle(request, response).catch(() => response.destroy()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    document: documentOf(operations, `http://127.0.0.1:${port}`),
    done,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function documentOf(operations: readonly string[], url: string): object {
  const paths = operations.map((name) => [
    `/${name}`,
    { post: { operationId: name, summary: `Does ${name}.`, responses: { 200: { description: 'Done.' } } } },
  ]);
  return {
    openapi: '3.1.0',
    info: { title: 'Things to do', version: '1' },
    servers: [{ url }],
    paths: Object.fromEntries(paths) as object,
  };
}
