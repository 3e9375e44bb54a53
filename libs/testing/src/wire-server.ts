import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** What a vendor's server is to answer, in nobody's words. */
export interface WireAnswer {
  readonly text?: string;
  readonly reasoning?: string;
  readonly toolCall?: { readonly id: string; readonly name: string; readonly arguments: object };
  /** Tokens, reasoning and what the vendor read from its cache included. */
  readonly usage?: {
    readonly input: number;
    readonly output: number;
    readonly cached?: number;
    readonly reasoning?: number;
  };
  /** The answer ends because it became too long. */
  readonly tooLong?: boolean;
  readonly fault?: WireFault;
}

/** What goes wrong. `afterFrames` counts the pieces of the stream that came before. */
export type WireFault =
  | { readonly kind: 'status'; readonly status: number; readonly message: string; readonly retryAfter?: string }
  | { readonly kind: 'cut' | 'end-early' | 'malformed' | 'hang'; readonly afterFrames: number }
  | { readonly kind: 'error-event'; readonly afterFrames: number; readonly message: string };

/** How one vendor's API looks on the wire, in the shapes of its public documentation. */
export interface WireProtocol {
  /** What follows the origin in the base address. */
  readonly basePath: string;
  readonly contentType: string;
  /** The pieces of a streamed answer, ready to be written. */
  frames(answer: WireAnswer): readonly string[];
  errorBody(status: number, message: string): object;
  /** An error as a piece of a stream. */
  errorFrame(message: string): string;
  /** A piece that is not what it should be. */
  readonly malformedFrame: string;
  /** Answers to everything that is no chat, by method and path without query. */
  readonly others: Readonly<Record<string, (body: unknown) => object>>;
}

export interface WireRequestRecord {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

/** A running server of a vendor's protocol. */
export interface WireServer {
  /** What the provider takes as its base address. */
  readonly url: string;
  readonly requests: readonly WireRequestRecord[];
  close(): Promise<void>;
}

/** Starts a real HTTP server that answers every chat as told. */
export async function startWireServer(
  protocol: WireProtocol,
  answer: (body: unknown, call: number) => WireAnswer,
): Promise<WireServer> {
  const requests: WireRequestRecord[] = [];
  let chats = 0;
  const server = createServer((request, response) => {
    const handle = async () => {
      const record = { ...(await read(request)), method: request.method ?? '', path: request.url ?? '' };
      requests.push({ ...record, headers: request.headers });
      const other = protocol.others[`${record.method} ${record.path.replace(/\?.*/, '')}`];
      if (other) return sendJson(response, 200, other(record.body));
      chats += 1;
      await sendAnswer(protocol, response, answer(record.body, chats));
    };
    handle().catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  };
  return { url: `http://127.0.0.1:${port}${protocol.basePath}`, requests, close };
}

async function sendAnswer(protocol: WireProtocol, response: ServerResponse, answer: WireAnswer): Promise<void> {
  const { fault } = answer;
  if (fault?.kind === 'status') {
    if (fault.retryAfter) response.setHeader('retry-after', fault.retryAfter);
    return sendJson(response, fault.status, protocol.errorBody(fault.status, fault.message));
  }
  response.writeHead(200, { 'content-type': protocol.contentType });
  response.flushHeaders();
  for (const [index, frame] of protocol.frames(answer).entries()) {
    if (fault?.afterFrames === index && (await breakOff(protocol, fault, response)) === 'over') return;
    response.write(frame);
    // Each piece on its own, as a network would bring it.
    await delay(1);
  }
  response.end();
}

type StreamFault = Exclude<WireFault, { kind: 'status' }>;

async function breakOff(
  protocol: WireProtocol,
  fault: StreamFault,
  response: ServerResponse,
): Promise<'over' | 'goes-on'> {
  switch (fault.kind) {
    case 'hang':
      await once(response, 'close');
      return 'over';
    case 'cut':
      await delay(5);
      response.socket?.destroySoon();
      return 'over';
    case 'end-early':
      response.end();
      return 'over';
    case 'malformed':
      response.write(protocol.malformedFrame);
      return 'goes-on';
    case 'error-event':
      response.end(protocol.errorFrame(fault.message));
      return 'over';
  }
}

async function read(request: IncomingMessage): Promise<{ readonly body: unknown }> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  return { body: text ? JSON.parse(text) : undefined };
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

/** A named server-sent event. */
export function sseEvent(name: string | undefined, data: object): string {
  return `${name ? `event: ${name}\n` : ''}data: ${JSON.stringify(data)}\n\n`;
}
