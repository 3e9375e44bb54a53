import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export type Answer = (asked: Asked, response: ServerResponse) => void | Promise<void>;

/** A server whose operations are tools, with what it was asked. */
export interface ToolServer {
  readonly url: string;
  readonly host: string;
  readonly asked: Asked[];
  /** By method and path, such as `POST /orders`. */
  readonly answers: Record<string, Answer>;
  close(): Promise<void>;
}

export async function startToolServer(answers: Record<string, Answer> = {}): Promise<ToolServer> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    void text(request).then(async (body) => {
      const { method = '', url = '', headers } = request;
      const one = { method, url, headers, body };
      asked.push(one);
      const answer = answers[`${method} ${url.split('?')[0]}`];
      if (answer) await answer(one, response);
      else response.writeHead(404).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://${host}`, host, asked, answers, close };
}

export function json(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

/** An OpenAPI document with one operation for each name: `getX` reads, everything else is a POST. */
export function documentOf(url: string, names: readonly string[], version = '1'): object {
  const schema = {
    type: 'object',
    properties: {
      item: { type: 'string', minLength: 1 },
      count: { type: 'integer', minimum: 1 },
      password: { type: 'string' },
      card: { type: 'string', format: 'password' },
    },
  };
  const path = (name: string) =>
    name.startsWith('get')
      ? { get: { operationId: name, responses: {} } }
      : {
          post: {
            operationId: name,
            requestBody: { required: true, content: { 'application/json': { schema } } },
            responses: {},
          },
        };
  return {
    openapi: '3.0.3',
    info: { title: 'Shop', version },
    servers: [{ url }],
    paths: Object.fromEntries(names.map((name) => [`/${name}`, path(name)])),
  };
}
