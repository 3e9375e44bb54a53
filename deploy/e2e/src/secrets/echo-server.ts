import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server that says in its errors everything that it was sent, as careless ones do. */
export interface EchoServer {
  readonly url: string;
  /** Refuses from now on; before, it is a model server that has one model. */
  refuse(): void;
  /** How often it was asked, and refused. */
  readonly refused: () => number;
  close(): void;
}

export async function startEchoServer(): Promise<EchoServer> {
  let refusing = false;
  let refused = 0;
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const json = (status: number, value: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    if (!refusing) return json(200, { object: 'list', data: [{ id: 'small', object: 'model' }] });
    refused += 1;
    const told = `Refused. You sent ${request.url} with ${request.rawHeaders.join(' ')} and ${body}`;
    return json(401, { error: { message: told, type: 'invalid_request_error' }, message: told });
  };
  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    refuse: () => (refusing = true),
    refused: () => refused,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
