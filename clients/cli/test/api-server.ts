import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as readAll } from 'node:stream/consumers';

export interface Asked {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Answers one request; `undefined` is answered with 404 as Treadle does. */
export type Answer = (asked: Asked, response: ServerResponse) => unknown;

/** A local HTTP server that answers as scripted, by `METHOD /path`. */
export async function startApiServer(answers: Record<string, Answer>) {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const url = new URL(request.url ?? '/', 'http://local');
      const one = { method: request.method ?? '', url, headers: request.headers, body: await readAll(request) };
      asked.push(one);
      const answer = answers[`${one.method} ${url.pathname}`]?.(one, response);
      if (response.headersSent || response.destroyed) return;
      const found = answer ?? { code: 'not_found', message: `There is no ${url.pathname}.`, status: 404 };
      response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(found));
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    asked,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Answers with an error body. */
export function refuse(status: number, body: object): Answer {
  return (_asked, response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ status, ...body }));
  };
}

/** Writes server-sent events; `cut` ends the connection the hard way behind them. */
export function sendEvents(
  response: ServerResponse,
  events: readonly { readonly event: string; readonly id: string; readonly data: object }[],
  cut = false,
): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const frames = events.map(({ event, id, data }) => `event: ${event}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`);
  response.write(frames.join(''), () => (cut ? response.destroy() : response.end()));
}
